namespace FeatureStore.Client;

/// <summary>The feature store, or what it keeps its data in, is away or asks for a pause: the same request may succeed later.</summary>
/// <remarks>
/// Thrown after the client's own retries, or at once for a write that is not safe to repeat. A connection that fails, an
/// answer that does not come in time, and statuses 429, 502, 503 and 504.
/// </remarks>
public sealed class FeatureStoreUnavailableException : FeatureStoreException
{
    internal FeatureStoreUnavailableException(string message, bool mayHaveBeenProcessed, Exception? innerException = null)
        : base(message, innerException) => MayHaveBeenProcessed = mayHaveBeenProcessed;

    internal FeatureStoreUnavailableException(string service, Problem problem, TimeSpan? retryAfter, bool mayHaveBeenProcessed)
        : base(service, problem)
    {
        RetryAfter = retryAfter;
        MayHaveBeenProcessed = mayHaveBeenProcessed;
    }

    /// <summary>For how long the service asks to be left alone, if it does.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>
    /// Whether a write may have been stored all the same. Repeating it is safe where it carries its event and created
    /// timestamps; else it would become a new row, and overwrite what others wrote in between.
    /// </summary>
    public bool MayHaveBeenProcessed { get; }
}
