namespace FeatureStore.Client;

/// <summary>A stream of rows was given up before its end: the store stayed away, or refuses the requests as such.</summary>
/// <remarks>
/// The reason is the inner exception. Rows that were not answered may have been stored all the same. To go on, send the
/// stream again from <see cref="WriteManyResult.Settled"/> on: rows that give their timestamps may well go in twice.
/// </remarks>
public sealed class WriteManyException : FeatureStoreException
{
    internal WriteManyException(WriteManyResult result, Exception innerException)
        : base($"The stream of rows was given up after {result.Settled} rows. {innerException.Message}", innerException) => Result = result;

    /// <summary>What became of the rows that were answered.</summary>
    public WriteManyResult Result { get; }
}
