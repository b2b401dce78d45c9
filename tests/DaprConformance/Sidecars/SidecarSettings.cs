namespace FeatureStore.DaprConformance.Sidecars;

/// <summary>How a sidecar is started for a run.</summary>
public sealed record SidecarSettings
{
    public string AppId { get; init; } = "app1";

    /// <summary>The port of the app that it belongs to; null: it has none.</summary>
    public int? AppPort { get; init; }

    /// <summary>Folders of setups/ whose resources are loaded.</summary>
    public IReadOnlyList<string> Setups { get; init; } = [];

    /// <summary>Resources given as text, by file name.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>What stands for a name such as <c>{redis}</c> in the resources.</summary>
    public IReadOnlyDictionary<string, string> Values { get; init; } = new Dictionary<string, string>();

    /// <summary>More of daprd's flags.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();
}
