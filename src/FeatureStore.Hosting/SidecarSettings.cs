using FeatureStore.Dapr;
using Microsoft.Extensions.Configuration;

namespace FeatureStore.Hosting;

/// <summary>Reads where the sidecar is from the settings that Dapr itself sets, and the rest from section <c>Sidecar</c>.</summary>
internal static class SidecarSettings
{
    public static SidecarOptions Read(IConfiguration configuration)
    {
        var options = configuration.GetSection("Sidecar").Get<SidecarOptions>() ?? new SidecarOptions();
        options = options with
        {
            GrpcEndpoint = Endpoint(configuration, "GRPC", options.GrpcEndpoint),
            HttpEndpoint = Endpoint(configuration, "HTTP", options.HttpEndpoint),
            ApiToken = configuration["DAPR_API_TOKEN"] ?? options.ApiToken,
        };
        return options.MaxBatchKeys > 0 && options.ConcurrentReads > 0 && options.ConcurrentWrites > 0 && options.MaxMessageBytes > 0
            && options.ReadTimeout > TimeSpan.Zero && options.SaveTimeout > TimeSpan.Zero && options.RegistryInterval > TimeSpan.Zero
            && options.ChangeInterval > TimeSpan.Zero
            && options.InvocationTimeout > TimeSpan.Zero && options.ExpiryGuard > options.WriteBudget
            ? options
            : throw new InvalidOperationException(
                "Sidecar: sizes, counts and timeouts must be positive, and ExpiryGuard above WriteBudget.");
    }

    private static Uri Endpoint(IConfiguration configuration, string api, Uri otherwise)
    {
        var name = $"DAPR_{api}_ENDPOINT";
        if (configuration[name] is { Length: > 0 } endpoint)
        {
            return Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" or "unix"
                ? uri
                : throw new InvalidOperationException($"{name} must be an http:// or unix:// address; '{endpoint}' is not.");
        }

        return configuration[$"DAPR_{api}_PORT"] is { Length: > 0 } port ? new Uri($"http://127.0.0.1:{port}") : otherwise;
    }
}
