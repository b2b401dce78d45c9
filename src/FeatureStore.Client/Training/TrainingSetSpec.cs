namespace FeatureStore.Client;

/// <summary>What a training set is made of: the features, and how the events name their entities and their time.</summary>
public sealed record TrainingSetSpec
{
    /// <summary>The column of the events that has their time: a timestamp, or text in RFC 3339; without a zone it is UTC.</summary>
    public required string TimeColumn { get; init; }

    /// <summary>The feature service whose features the set has; null where <see cref="Features"/> names them all.</summary>
    public string? Service { get; init; }

    /// <summary>Single features by their view, such as <c>airport_weather:temp</c>, after those of the service.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>The column of each join key, by key; a key that is not here has the column of its own name.</summary>
    public IReadOnlyDictionary<string, string> KeyColumns { get; init; } = new Dictionary<string, string>();

    /// <summary>From when on a row counts: from its event time.</summary>
    public TrainingAsOf AsOf { get; init; }

    /// <summary>How much later than their event time rows of a view count, by view, to the millisecond.</summary>
    public IReadOnlyDictionary<string, TimeSpan> Lags { get; init; } = new Dictionary<string, TimeSpan>();

    /// <summary>How the events are written down: in CSV with a header.</summary>
    public TrainingSetFormat EventsFormat { get; init; } = TrainingSetFormat.Csv;

    /// <summary>How the set is written down: in Parquet.</summary>
    public TrainingSetFormat Format { get; init; }
}

/// <summary>From when on a row of history counts for a training set.</summary>
public enum TrainingAsOf
{
    /// <summary>From its event time on, whenever it came.</summary>
    EventTime,

    /// <summary>From its event time on, but not before it was produced.</summary>
    Created,

    /// <summary>From when the store had accepted it: what serving really knew.</summary>
    Accepted,
}

/// <summary>How a table is written down.</summary>
public enum TrainingSetFormat
{
    /// <summary>Apache Parquet.</summary>
    Parquet,

    /// <summary>Comma-separated values, with a header.</summary>
    Csv,
}
