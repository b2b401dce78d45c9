using Microsoft.Extensions.FileSystemGlobbing;

namespace FeatureStore.Cli.Ingest;

/// <summary>Finds the files that a command line names, by pattern or folder too, in an order that does not change.</summary>
internal static class InputPaths
{
    private const string Parquet = ".parquet";

    /// <summary>The files; what names a file that is there is no pattern, whatever its name.</summary>
    /// <exception cref="UsageException">A pattern or a folder has none.</exception>
    public static IReadOnlyList<string> Expand(IEnumerable<string> arguments)
    {
        var paths = new List<string>();
        foreach (var argument in arguments)
        {
            if (argument == "-" || File.Exists(argument))
            {
                paths.Add(argument);
            }
            else if (Directory.Exists(argument))
            {
                paths.AddRange(InFolder(argument));
            }
            else if (argument.Contains('*', StringComparison.Ordinal))
            {
                paths.AddRange(Matching(argument));
            }
            else
            {
                throw new UsageException($"There is no file {argument}.");
            }
        }

        return [.. paths.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>What data tools write into a folder: Parquet files in any depth; names that begin with _ or . are theirs.</summary>
    private static IEnumerable<string> InFolder(string folder)
    {
        string[] files =
        [
            .. Directory.EnumerateFiles(folder, "*" + Parquet, SearchOption.AllDirectories)
                .Where(file => Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar).All(part => part[0] is not ('_' or '.')))
                .Order(StringComparer.Ordinal),
        ];
        return files.Length > 0 ? files : throw new UsageException(
            $"{folder} is a folder without {Parquet} files. Name other files in it, or a pattern in quotes such as '{Path.Combine(folder, "*.csv")}'.");
    }

    private static IEnumerable<string> Matching(string pattern)
    {
        // The folder up to the first segment with a wildcard is where to look.
        var segments = pattern.Split('/');
        var fixedCount = Array.FindIndex(segments, segment => segment.Contains('*', StringComparison.Ordinal));
        var folder = string.Join('/', segments[..fixedCount]);
        var root = fixedCount == 0 ? "." : folder.Length == 0 ? "/" : folder;
        if (!Directory.Exists(root))
        {
            throw new UsageException($"No file matches {pattern}: there is no folder {root}.");
        }

        var matcher = new Matcher(StringComparison.Ordinal);
        matcher.AddInclude(string.Join('/', segments[fixedCount..]));
        string[] files =
        [
            .. matcher.GetResultsInFullPath(root)
                .Select(file => fixedCount == 0 ? Path.GetRelativePath(".", file) : Path.Combine(root, Path.GetRelativePath(root, file)))
                .Order(StringComparer.Ordinal),
        ];
        return files.Length > 0 ? files : throw new UsageException($"No file matches {pattern}.");
    }
}
