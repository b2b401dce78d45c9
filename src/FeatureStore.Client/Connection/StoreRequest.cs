namespace FeatureStore.Client;

/// <summary>A request to one of the services.</summary>
/// <param name="To">The service.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Target">Path and query, escaped as they are to be sent.</param>
internal sealed record StoreRequest(StoreService To, HttpMethod Method, string Target)
{
    public const string Json = "application/json";
    public const string Ndjson = "application/x-ndjson";
    public const string EventStream = "text/event-stream";

    /// <summary>The body; an empty one where nothing is to be said.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The body where it is a stream, which can be sent once; whatever is wrong with the request is said before it is read.</summary>
    public Stream? Stream { get; init; }

    public string? ContentType { get; init; }

    /// <summary>The form in which the answer is wanted, where the service has several.</summary>
    public string? Accept { get; init; }

    /// <summary>Whether it changes nothing to send it once more after it was processed.</summary>
    public bool IsRepeatable { get; init; } = true;

    /// <summary>How long one try may take, where that is another limit than the client's.</summary>
    public TimeSpan? AttemptTimeout { get; init; }

    public string Service => To switch
    {
        StoreService.Api => "feature-api",
        StoreService.Ingest => "feature-ingest",
        _ => "feature-history",
    };
}

/// <summary>The services of the store.</summary>
internal enum StoreService
{
    /// <summary>feature-api, which answers reads.</summary>
    Api,

    /// <summary>feature-ingest, which takes writes.</summary>
    Ingest,

    /// <summary>feature-history, which makes training sets.</summary>
    History,
}
