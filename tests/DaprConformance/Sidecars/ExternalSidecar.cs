using System.Globalization;

namespace FeatureStore.DaprConformance.Sidecars;

/// <summary>A sidecar that someone else started and set up for one file of recordings.</summary>
public sealed class ExternalSidecar(Uri http, Uri grpc) : ISidecar
{
    public Uri Http => http;

    public Uri Grpc => grpc;

    /// <summary>The file that it was set up for.</summary>
    public static string? Fixture => Value("FIXTURE");

    /// <summary>The port on which it expects its app.</summary>
    public static int AppPort => int.Parse(Value("APP_PORT") ?? "3701", CultureInfo.InvariantCulture);

    /// <summary>Where its Redis is, to compare what it wrote; null: that is not compared.</summary>
    public static string? Redis => Value("REDIS_ENDPOINT");

    /// <summary>Its SQLite file, likewise.</summary>
    public static string? Sqlite => Value("SQLITE_PATH");

    /// <summary>The one that the environment names, if it does.</summary>
    public static ExternalSidecar? FromEnvironment() =>
        Value("DAPR_HTTP_ENDPOINT") is { } http && Value("DAPR_GRPC_ENDPOINT") is { } grpc ? new ExternalSidecar(new Uri(http), new Uri(grpc)) : null;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static string? Value(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
