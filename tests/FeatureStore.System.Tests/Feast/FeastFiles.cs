using System.Text.Json.Nodes;

namespace FeatureStore.SystemTests.Feast;

/// <summary>What was recorded of Feast, and what is said about it here.</summary>
internal static class FeastFiles
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Feast");

    /// <summary>The names of the transcripts, in the order in which they were recorded.</summary>
    public static IReadOnlyList<string> Transcripts { get; } =
        [.. Directory.GetFiles(Path.Combine(Folder, "fixtures"), "*-*.json").Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal)];

    public static JsonNode Fixture(string name) => Read(Path.Combine("fixtures", $"{name}.json"));

    public static JsonNode Read(string file) => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, file)))!;
}
