namespace FeatureStore.Harness;

/// <summary>A folder of component YAML made for one test, with the files that it may keep.</summary>
public sealed class ComponentFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("featurestore-");

    /// <summary>Copies a folder of the repository.</summary>
    /// <param name="source">The folder, relative to the repository.</param>
    /// <param name="changes">Texts to be replaced in it.</param>
    public ComponentFolder(string source, params (string Old, string New)[] changes)
    {
        foreach (var file in Directory.GetFiles(Repository.PathOf(source), "*.yaml"))
        {
            var text = File.ReadAllText(file);
            foreach (var (old, changed) in changes)
            {
                text = text.Replace(old, changed.Replace("{folder}", _folder.FullName, StringComparison.Ordinal), StringComparison.Ordinal);
            }

            File.WriteAllText(System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file)), text);
        }
    }

    public string Path => _folder.FullName;

    public void Dispose() => _folder.Delete(recursive: true);
}
