using System.Text.Json;

namespace FeatureStore.DaprConformance.Recordings;

/// <summary>A file of recorded steps, and which of them are replayed.</summary>
public sealed class Fixture
{
    /// <summary>Every file.</summary>
    public static readonly IReadOnlyList<string> Names =
        ["state-redis", "state-sqlite", "state-in-memory", "pubsub-redis", "pubsub-in-memory", "invoke", "runtime"];

    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private Fixture(string name, IReadOnlyList<Step> steps, IncludedSteps included, IReadOnlyList<ListedDetail> details, IReadOnlyList<Unrecorded> unrecorded)
    {
        Name = name;
        Steps = steps;
        Included = included;
        Details = details;
        Unrecorded = unrecorded;
    }

    public string Name { get; }

    public IReadOnlyList<Step> Steps { get; }

    public IncludedSteps Included { get; }

    public IReadOnlyList<ListedDetail> Details { get; }

    public IReadOnlyList<Unrecorded> Unrecorded { get; }

    public static Fixture Load(string name)
    {
        using var document = JsonDocument.Parse(Read($"fixtures/{name}.json"));
        var steps = document.RootElement.Clone().EnumerateArray().Select((step, number) => new Step(name, number, step)).ToList();
        return new Fixture(
            name,
            steps,
            new IncludedSteps(ReadOf<IncludedSteps.Groups>("included.json")[name], steps.Count),
            ReadOf<List<ListedDetail>>("details.json").GetValueOrDefault(name) ?? [],
            ReadOf<List<Unrecorded>>("unrecorded.json").GetValueOrDefault(name) ?? []);
    }

    /// <summary>Whether a component is one of those that a file's sidecar has.</summary>
    public static bool HasSetup(string name, string component) => File.Exists(PathOf($"setups/{name}/{component}.yaml"));

    public static string PathOf(string relative) => Path.Combine(AppContext.BaseDirectory, relative);

    private static Dictionary<string, T> ReadOf<T>(string file) => JsonSerializer.Deserialize<Dictionary<string, T>>(Read(file), Options)!;

    private static string Read(string relative) => File.ReadAllText(PathOf(relative));
}
