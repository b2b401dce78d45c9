namespace FeatureStore.Client;

/// <summary>What became of the rows of a stream.</summary>
public sealed record WriteManyResult
{
    /// <summary>Rows that are what is stored now.</summary>
    public long Applied { get; init; }

    /// <summary>Rows that were valid, but older than what is stored.</summary>
    public long Superseded { get; init; }

    /// <summary>Rows that the store will never take as they are. They changed nothing, and kept no other row out.</summary>
    public long Rejected { get; init; }

    /// <summary>The first of the rejected rows to be answered, by index, with what is wrong with each.</summary>
    public IReadOnlyList<RejectedRow> Rejections { get; init; } = [];

    /// <summary>How many rows from the stream's beginning on have been answered, one and all: from there it can be taken up again.</summary>
    public long Settled { get; init; }

    /// <summary>Throws if rows were rejected.</summary>
    /// <returns>This result.</returns>
    /// <exception cref="FeatureStoreInvalidException">Some were; it lists the faults of those that are named.</exception>
    public WriteManyResult ThrowIfRejected() => Rejected == 0 ? this : throw new FeatureStoreInvalidException(
        $"{Rejected} rows were rejected{(Rejections.Count > 0 ? $", such as {Rejections[0]}" : ".")}",
        [.. Rejections.SelectMany(row => row.Faults)]);
}
