namespace FeatureStore.Model;

/// <summary>A registry as it was applied. An immutable value; each one replaces the one before it whole.</summary>
public sealed record AppliedRegistry
{
    /// <summary>Counts the registries applied, from 1; 0 where none ever was.</summary>
    public required int Version
    {
        get;
        init
        {
            field = value;
            VersionText = value.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    /// <summary>The version as replies have it.</summary>
    public string VersionText { get; private init; } = "0";

    /// <summary>When it was applied. Of two registries the one applied later is the newer, whatever their versions: a store may have lost its data.</summary>
    public required Timestamp AppliedAt { get; init; }

    /// <summary>What is declared.</summary>
    public required Registry Registry { get; init; }

    /// <summary>How often the features of each feature service were changed, by name, from 1; of removed services too.</summary>
    public required IReadOnlyDictionary<string, int> ServiceVersions { get; init; }

    /// <summary>What is stored and declared no longer, by view.</summary>
    public required IReadOnlyDictionary<string, RetiredView> Retired { get; init; }

    /// <summary>Nothing was ever applied: the store is schema-less.</summary>
    public static AppliedRegistry None { get; } = new()
    {
        Version = 0,
        AppliedAt = Timestamp.Earliest,
        Registry = Registry.Empty,
        ServiceVersions = new Dictionary<string, int>(),
        Retired = new Dictionary<string, RetiredView>(),
    };

    /// <summary>What applying a registry over this one leads to.</summary>
    /// <param name="to">The registry to apply.</param>
    /// <param name="now">The clock.</param>
    public AppliedRegistry Next(Registry to, Timestamp now) => new()
    {
        Version = Version + 1,
        AppliedAt = AppliedAt == Timestamp.Earliest ? now : Timestamp.Max(now, AppliedAt.Plus(1)),
        Registry = to,
        ServiceVersions = NextServiceVersions(to),
        Retired = NextRetired(to),
    };

    private SortedDictionary<string, int> NextServiceVersions(Registry to)
    {
        var versions = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var (name, version) in ServiceVersions)
        {
            versions[name] = version;
        }

        foreach (var (name, service) in to.Services)
        {
            var isSame = Registry.Services.TryGetValue(name, out var before) && before.Features.SequenceEqual(service.Features);
            versions[name] = versions.GetValueOrDefault(name) + (isSame ? 0 : 1);
        }

        return versions;
    }

    private SortedDictionary<string, RetiredView> NextRetired(Registry to)
    {
        var retired = new SortedDictionary<string, RetiredView>(StringComparer.Ordinal);
        foreach (var (name, view) in Retired)
        {
            // Features of a removed view that is declared again are declared again with it.
            if (!Registry.Views.ContainsKey(name) && Again(view, to.Views.GetValueOrDefault(name)) is { } left)
            {
                retired[name] = left;
            }
        }

        foreach (var (name, view) in Registry.Views)
        {
            if (RetiredView.Of(Retired.GetValueOrDefault(name), view, Registry.Entities[view.Entity], to.Views.GetValueOrDefault(name)) is { } left)
            {
                retired[name] = left;
            }
        }

        return retired;
    }

    private static RetiredView? Again(RetiredView retired, FeatureView? declared)
    {
        if (declared is null)
        {
            return retired;
        }

        var left = retired.Features.Where(feature => declared.Find(feature.Key) is null).ToDictionary(StringComparer.Ordinal);
        return left.Count > 0 ? retired with { Features = left } : null;
    }
}
