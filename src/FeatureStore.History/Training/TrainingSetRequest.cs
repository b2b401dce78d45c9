using FeatureStore.Model;

namespace FeatureStore.History;

/// <summary>What a training set is made of: events, and the features that each of them is to have.</summary>
public sealed record TrainingSetRequest
{
    /// <summary>The file of events: CSV with a header, or Parquet.</summary>
    public required string EventsPath { get; init; }

    public required TableFormat EventsFormat { get; init; }

    /// <summary>The column of the events that has each join key's values, by join key; a join key that is missing here has the column of its own name.</summary>
    public IReadOnlyDictionary<string, string> KeyColumns { get; init; } = new Dictionary<string, string>();

    /// <summary>The column of the events that has their time: a timestamp, or text in RFC 3339; without a zone it is UTC.</summary>
    public required string TimeColumn { get; init; }

    /// <summary>The features, in the order of their columns in the result.</summary>
    public required IReadOnlyList<FeatureReference> Features { get; init; }

    /// <summary>From when on a row counts.</summary>
    public VisibleFrom VisibleFrom { get; init; }

    /// <summary>How much later than their event timestamp rows of a view count, by view.</summary>
    public IReadOnlyDictionary<string, TimeSpan> Lags { get; init; } = new Dictionary<string, TimeSpan>();

    /// <summary>The file to write: the events in their order with all their columns, then the features.</summary>
    public required string OutputPath { get; init; }

    public required TableFormat OutputFormat { get; init; }
}

/// <summary>From when on a row of history counts for a training set.</summary>
public enum VisibleFrom
{
    /// <summary>From its event timestamp on, whenever it came.</summary>
    EventTime,

    /// <summary>From its event timestamp on, but not before it was produced.</summary>
    Created,

    /// <summary>From when this store had accepted it: what serving really knew.</summary>
    Accepted,
}

/// <summary>How a table is written down.</summary>
public enum TableFormat
{
    Parquet,

    /// <summary>With a header.</summary>
    Csv,
}
