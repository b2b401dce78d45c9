using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Feast;

/// <summary>How writes by Feast's contract are taken, from section <c>Feast</c>.</summary>
public sealed record FeastOptions
{
    /// <summary>The Dapr app id of the feature-ingest that writes are passed on to.</summary>
    public string IngestAppId { get; init; } = "feature-ingest";

    /// <summary>The most bytes of the body of a write.</summary>
    public int MaxWriteBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>How far ahead of the clock a timestamp may be. From section <c>Ingest</c>, as feature-ingest has it.</summary>
    public TimeSpan MaxAhead { get; init; } = IncomingRow.DefaultMaxAhead;

    /// <summary>The most bytes of one row. From section <c>Ingest</c>, as feature-ingest has it.</summary>
    public int MaxRowBytes { get; init; } = 2 * 1024 * 1024;

    public static FeastOptions Read(IConfiguration configuration)
    {
        var options = configuration.GetSection("Feast").Get<FeastOptions>() ?? new FeastOptions();
        var ingest = configuration.GetSection("Ingest");
        options = options with
        {
            MaxAhead = ingest.GetValue<TimeSpan?>(nameof(MaxAhead)) ?? options.MaxAhead,
            MaxRowBytes = ingest.GetValue<int?>(nameof(MaxRowBytes)) ?? options.MaxRowBytes,
        };
        return options is { IngestAppId.Length: > 0, MaxWriteBytes: > 0, MaxRowBytes: > 0 } && options.MaxAhead >= TimeSpan.Zero
            ? options
            : throw new InvalidOperationException("Feast: IngestAppId must be an app id, and MaxWriteBytes, MaxRowBytes and MaxAhead must be positive.");
    }
}
