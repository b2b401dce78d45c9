namespace FeatureStore.Client;

/// <summary>A request to one of the two services.</summary>
/// <param name="IsWrite">Whether it goes to feature-ingest; reads go to feature-api.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Target">Path and query, escaped as they are to be sent.</param>
internal sealed record StoreRequest(bool IsWrite, HttpMethod Method, string Target)
{
    public const string Json = "application/json";
    public const string Ndjson = "application/x-ndjson";
    public const string EventStream = "text/event-stream";

    /// <summary>The body; an empty one where nothing is to be said.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    public string? ContentType { get; init; }

    /// <summary>The form in which the answer is wanted, where the service has several.</summary>
    public string? Accept { get; init; }

    /// <summary>Whether it changes nothing to send it once more after it was processed.</summary>
    public bool IsRepeatable { get; init; } = true;

    /// <summary>How long one try may take, where that is another limit than the client's.</summary>
    public TimeSpan? AttemptTimeout { get; init; }

    public string Service => IsWrite ? "feature-ingest" : "feature-api";
}
