using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.Ingest;

/// <summary>What to ingest, how and where to.</summary>
internal sealed record IngestOptions
{
    public required IReadOnlyList<InputFile> Files { get; init; }

    public required RowMapping Mapping { get; init; }

    public required ServiceEndpoint Service { get; init; }

    /// <summary>How long to wait for a service that is away before giving up.</summary>
    public required TimeSpan Patience { get; init; }

    /// <summary>Where to keep how far the run came, so that it can be gone on with; null to keep nothing.</summary>
    public string? Checkpoint { get; init; }

    /// <summary><c>online</c> or <c>history</c>, where rows go to one of them alone; null for both.</summary>
    public string? To { get; init; }

    /// <summary>Asked with the number of rows, once everything was checked, whether to send them; null to send them.</summary>
    public Func<long?, bool>? Confirm { get; init; }

    /// <summary>The options that decide what is sent and where to, as the command line gives them.</summary>
    public IReadOnlyDictionary<string, string> Identity()
    {
        var options = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["--endpoint"] = Service.Address };
        foreach (var (name, value) in new[]
        {
            ("--view", Mapping.View), ("--ttl", Mapping.TtlSeconds), ("--rebase", Mapping.Times.Rebases ? "now" : null), ("--at", Mapping.At), ("--to", To),
        })
        {
            if (value is not null)
            {
                options.Add(name, value);
            }
        }

        foreach (var named in Mapping.NamedColumns().GroupBy(named => named.Option, named => named.Column))
        {
            options.Add(named.Key, string.Join(' ', named));
        }

        return options;
    }
}
