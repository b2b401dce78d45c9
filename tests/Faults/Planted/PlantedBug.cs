using System.Diagnostics;
using FeatureStore.Harness;

namespace FeatureStore.Faults.Planted;

/// <summary>Copies of the services in which a patch has put a bug.</summary>
internal sealed class PlantedBug : IDisposable
{
    /// <summary>What the patches may change, and what it takes to build it.</summary>
    private static readonly string[] Sources =
    [
        "services/feature-api", "services/feature-history", "src/FeatureStore.Hosting", "src/FeatureStore.Dapr", "src/FeatureStore.History", "src/FeatureStore.Model",
        "Directory.Build.props", "Directory.Packages.props", "BannedSymbols.txt", "global.json",
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("faults-planted-");

    private PlantedBug()
    {
    }

    /// <summary>Plants the bug and builds it.</summary>
    /// <param name="patch">The name of a patch in this folder, without its extension.</param>
    public static async Task<PlantedBug> BuildAsync(string patch)
    {
        var bug = new PlantedBug();
        try
        {
            foreach (var source in Sources)
            {
                Copy(Repository.PathOf(source), bug.PathOf(source));
            }

            await bug.RunAsync("git", "apply", Repository.PathOf($"tests/Faults/Planted/{patch}.patch"));
            var text = await File.ReadAllTextAsync(Repository.PathOf($"tests/Faults/Planted/{patch}.patch"));
            var project = new[] { "services/feature-api", "services/feature-history" }.FirstOrDefault(service => text.Contains(service, StringComparison.Ordinal)) ?? "src/FeatureStore.Dapr";
            await bug.RunAsync("dotnet", "build", project, "--output", bug.PathOf("built"), "--nologo", "-nodeReuse:false", "-p:RunAnalyzers=false");
            foreach (var service in new[] { "services/feature-ingest", "services/feature-api", "services/feature-history" })
            {
                var program = bug.PathOf($"run/{service}");
                Copy(Path.GetDirectoryName(Repository.ProgramOf(service))!, program);
                foreach (var built in Directory.GetFiles(bug.PathOf("built"), "FeatureStore.*.dll").Where(built => File.Exists(Path.Combine(program, Path.GetFileName(built)))))
                {
                    File.Copy(built, Path.Combine(program, Path.GetFileName(built)), overwrite: true);
                }
            }

            return bug;
        }
        catch
        {
            bug.Dispose();
            throw;
        }
    }

    /// <summary>The same run with the bug in it.</summary>
    public FaultOptions In(FaultOptions options) => options with
    {
        Ingest = PathOf($"run/services/feature-ingest/{Path.GetFileName(options.Ingest)}"),
        History = PathOf($"run/services/feature-history/{Path.GetFileName(options.History)}"),
        Api = PathOf($"run/services/feature-api/{Path.GetFileName(options.Api)}"),
    };

    public void Dispose() => _folder.Delete(recursive: true);

    private string PathOf(string relative) => Path.Combine(_folder.FullName, relative);

    private static void Copy(string from, string to)
    {
        if (File.Exists(from))
        {
            File.Copy(from, to);
            return;
        }

        Directory.CreateDirectory(to);
        foreach (var entry in Directory.GetFileSystemEntries(from))
        {
            if (Path.GetFileName(entry) is "runtimes")
            {
                // Native libraries of every platform, some hundred megabytes, in which nothing is patched.
                Directory.CreateSymbolicLink(Path.Combine(to, "runtimes"), entry);
            }
            else if (Path.GetFileName(entry) is var name and not ("bin" or "obj"))
            {
                Copy(entry, Path.Combine(to, name));
            }
        }
    }

    private async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // A repository around the temporary folder is not the one to be patched.
            Environment = { ["GIT_CEILING_DIRECTORIES"] = _folder.Parent!.FullName },
        })!;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed: {string.Concat(output)}");
        }
    }
}
