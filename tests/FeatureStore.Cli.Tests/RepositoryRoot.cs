namespace FeatureStore.Cli.Tests;

/// <summary>The folder that holds the whole repository.</summary>
internal static class RepositoryRoot
{
    public static string Path { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(folder!.FullName, "FeatureStore.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }
}
