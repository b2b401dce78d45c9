using System.Globalization;

namespace FeatureStore.DaprConformance.Sidecars;

/// <summary>What the environment says of a sidecar that someone else started.</summary>
public sealed record ExternalSettings
{
    public required Uri Http { get; init; }

    public required Uri Grpc { get; init; }

    /// <summary>Sent with every call.</summary>
    public string? ApiToken { get; init; }

    /// <summary>The files to run, where the sidecar's components are not to tell.</summary>
    public IReadOnlyList<string> Fixtures { get; init; } = [];

    /// <summary>The port of the app, where the sidecar's metadata is not to tell.</summary>
    public int? AppPort { get; init; }

    /// <summary>Where its Redis is, to compare what it wrote; null: that is not compared.</summary>
    public string? Redis { get; init; }

    /// <summary>Its SQLite file, likewise.</summary>
    public string? Sqlite { get; init; }

    /// <summary>The settings; null where the environment names no sidecar.</summary>
    /// <exception cref="ExternalSidecarException">They cannot be used.</exception>
    public static ExternalSettings? FromEnvironment()
    {
        var (http, grpc) = (Value("DAPR_HTTP_ENDPOINT"), Value("DAPR_GRPC_ENDPOINT"));
        if (http is null && grpc is null)
        {
            return null;
        }

        if (http is null || grpc is null)
        {
            throw new ExternalSidecarException("DAPR_HTTP_ENDPOINT and DAPR_GRPC_ENDPOINT go together, and only one is set.");
        }

        return new ExternalSettings
        {
            Http = Endpoint("DAPR_HTTP_ENDPOINT", http),
            Grpc = Endpoint("DAPR_GRPC_ENDPOINT", grpc),
            ApiToken = Value("DAPR_API_TOKEN"),
            Fixtures = Value("FIXTURE")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
            AppPort = Value("APP_PORT") is not { } port ? null
                : int.TryParse(port, CultureInfo.InvariantCulture, out var number) ? number
                : throw new ExternalSidecarException($"APP_PORT is '{port}', which is no port."),
            Redis = Value("REDIS_ENDPOINT"),
            Sqlite = Value("SQLITE_PATH"),
        };
    }

    private static Uri Endpoint(string name, string value) =>
        Uri.TryCreate(value.Contains("://", StringComparison.Ordinal) ? value : $"http://{value}", UriKind.Absolute, out var uri)
        && uri.Scheme is "http" or "https"
            ? uri
            : throw new ExternalSidecarException($"{name} is '{value}', and should be such as http://127.0.0.1:3500.");

    private static string? Value(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
