namespace FeatureStore.Harness;

/// <summary>Where things lie in the checkout that the tests were built from.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>A file or folder of the checkout.</summary>
    public static string PathOf(string relative) => Path.Combine(Root, relative);

    /// <summary>The built program of a project, of the configuration that the tests were built in.</summary>
    public static string ProgramOf(string project)
    {
        var configuration = AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
            ? "Release"
            : "Debug";
        var folder = Path.Combine(Root, project, "bin", configuration, "net10.0");
        var settings = Directory.GetFiles(folder, "*.runtimeconfig.json").Single();
        return settings.Replace(".runtimeconfig.json", ".dll", StringComparison.Ordinal);
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FeatureStore.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run from within a checkout.");
    }
}
