using Microsoft.Extensions.Configuration;

namespace FeatureStore.Hosting.Limits;

/// <summary>How much one caller may ask for, from section <c>Limits</c>.</summary>
internal sealed record LimitOptions
{
    /// <summary>Requests per second that one caller may make for long; 0 for no limit. A caller is an API key, an app that calls by Dapr, else an address.</summary>
    public int RequestsPerSecond { get; init; }

    /// <summary>Requests that a caller who has been quiet may make at once; as many as one second's where it is 0.</summary>
    public int Burst { get; init; }

    /// <summary>The longest that a request may take. Bulk bodies, which may be of any length, and deliveries of events have limits of their own.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The most bytes of a request's headers, all together.</summary>
    public int MaxHeaderBytes { get; init; } = 32 * 1024;

    /// <summary>The most bytes of a request's first line: the path and the query.</summary>
    public int MaxRequestLineBytes { get; init; } = 16 * 1024;

    public static LimitOptions Read(IConfiguration configuration)
    {
        var limits = configuration.GetSection("Limits").Get<LimitOptions>() ?? new LimitOptions();
        return limits is { RequestsPerSecond: >= 0, Burst: >= 0, MaxHeaderBytes: > 0, MaxRequestLineBytes: > 0 } && limits.RequestTimeout > TimeSpan.Zero
            ? limits
            : throw new InvalidOperationException("Limits: RequestsPerSecond and Burst must not be negative; RequestTimeout, MaxHeaderBytes and MaxRequestLineBytes must be positive.");
    }
}
