namespace FeatureStore.FeatureApi.Query;

/// <summary>The limits of a query of many entities, from section <c>Query</c>.</summary>
public sealed record QueryOptions
{
    /// <summary>The most entities of one request.</summary>
    public int MaxEntities { get; init; } = 1000;

    /// <summary>The most features of one request.</summary>
    public int MaxFeatures { get; init; } = 1000;

    /// <summary>The most values of one reply: entities times features.</summary>
    public int MaxValues { get; init; } = 250_000;

    /// <summary>The most bytes of a request's body.</summary>
    public int MaxBodyBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>The most bytes of the values of one reply.</summary>
    public long MaxReplyBytes { get; init; } = 64 * 1024 * 1024;

    public static QueryOptions Read(IConfiguration configuration)
    {
        var options = configuration.GetSection("Query").Get<QueryOptions>() ?? new QueryOptions();
        return options is { MaxEntities: > 0, MaxFeatures: > 0, MaxValues: > 0, MaxBodyBytes: > 0, MaxReplyBytes: > 0 }
            ? options
            : throw new InvalidOperationException("Query: MaxEntities, MaxFeatures, MaxValues, MaxBodyBytes and MaxReplyBytes must be positive.");
    }
}
