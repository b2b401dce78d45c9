using FeatureStore.Model;

namespace FeatureStore.History;

/// <summary>A file of history, which is never changed, and what is known of its rows without reading it.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="View">The view whose rows it holds.</param>
/// <param name="Date">The day, in UTC, of all event timestamps in it.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Facts">What is known of its rows.</param>
public sealed record HistoryFile(string Path, string View, DateOnly Date, long Bytes, RowFacts Facts);

/// <summary>What is known of the rows of a file. Kept in the file's own metadata.</summary>
public sealed record RowFacts
{
    /// <summary>The most patterns that are told apart.</summary>
    public const int MaxPatterns = 64;

    /// <summary>How many rows there are, the same row said twice counted twice.</summary>
    public required long Rows { get; init; }

    /// <summary>The least event timestamp.</summary>
    public required Timestamp OldestEvent { get; init; }

    /// <summary>The greatest event timestamp.</summary>
    public required Timestamp NewestEvent { get; init; }

    /// <summary>What the rows say at all: each operation with each set of features; null where there are more than <see cref="MaxPatterns"/>.</summary>
    public required IReadOnlyList<RowPattern>? Patterns { get; init; }

    /// <summary>Whether no two rows are of one entity and one event timestamp.</summary>
    public required bool IsUnique { get; init; }

    /// <summary>Whether a row has something in <see cref="HistoryColumns.Text"/>.</summary>
    public required bool HasText { get; init; }

    /// <summary>The columns of features in the file, with their types as DuckDB names them.</summary>
    public required IReadOnlyDictionary<string, string> Columns { get; init; }

    /// <summary>How many rows set each feature, and how many of them to null.</summary>
    public required IReadOnlyDictionary<string, FeatureFacts> Features { get; init; }

    /// <summary>The names of the files that this one replaces.</summary>
    public IReadOnlyList<string> Replaces { get; init; } = [];
}

/// <summary>An operation and the features that it sets or deletes.</summary>
/// <param name="Operation"><c>merge</c>, <c>replace</c> or <c>delete</c>.</param>
/// <param name="Present">The names as <see cref="HistoryColumns.Present"/> has them.</param>
public sealed record RowPattern(string Operation, string Present);

/// <summary>How often a feature was set.</summary>
/// <param name="Set">How many rows set it.</param>
/// <param name="Null">How many of them set it to null.</param>
/// <param name="NewestEvent">The greatest event timestamp of them.</param>
public sealed record FeatureFacts(long Set, long Null, Timestamp? NewestEvent = null);
