using System.Globalization;

namespace FeatureStore.Client;

/// <summary>What the targets of requests begin with, for each of the services.</summary>
internal sealed record ServiceAddresses(string Api, string Ingest, string History, string? DaprApiToken)
{
    private const string DefaultApi = "http://localhost:8080";
    private const string DefaultIngest = "http://localhost:8081";
    private const string DefaultHistory = "http://localhost:8082";
    private const string DefaultSidecarPort = "3500";

    /// <summary>Takes the addresses from the options, and from the environment what Dapr says there.</summary>
    public static ServiceAddresses Of(FeatureStoreOptions options, List<string> faults)
    {
        if (options.Dapr is not { } dapr)
        {
            return new ServiceAddresses(
                Base(options.ApiAddress?.OriginalString ?? DefaultApi, nameof(options.ApiAddress), DefaultApi, faults),
                Base(options.IngestAddress?.OriginalString ?? DefaultIngest, nameof(options.IngestAddress), DefaultIngest, faults),
                Base(options.HistoryAddress?.OriginalString ?? DefaultHistory, nameof(options.HistoryAddress), DefaultHistory, faults),
                null);
        }

        if (options.ApiAddress is not null || options.IngestAddress is not null || options.HistoryAddress is not null)
        {
            faults.Add("Give either Dapr or ApiAddress, IngestAddress and HistoryAddress: through Dapr the services have app ids, not addresses.");
        }

        var sidecar = Sidecar(dapr, faults);
        return new ServiceAddresses(
            $"{sidecar}/v1.0/invoke/{AppId(dapr.ApiAppId, nameof(dapr.ApiAppId), faults)}/method",
            $"{sidecar}/v1.0/invoke/{AppId(dapr.IngestAppId, nameof(dapr.IngestAppId), faults)}/method",
            $"{sidecar}/v1.0/invoke/{AppId(dapr.HistoryAppId, nameof(dapr.HistoryAppId), faults)}/method",
            dapr.ApiToken ?? Variable("DAPR_API_TOKEN"));
    }

    /// <summary>What the targets of a service begin with.</summary>
    public string Of(StoreService service) => service switch
    {
        StoreService.Api => Api,
        StoreService.Ingest => Ingest,
        _ => History,
    };

    private static string Sidecar(DaprInvocation dapr, List<string> faults)
    {
        const string example = "http://localhost:3500";
        if (dapr.HttpEndpoint is { } given)
        {
            return Base(given.OriginalString, "Dapr.HttpEndpoint", example, faults);
        }

        if (Variable("DAPR_HTTP_ENDPOINT") is { } endpoint)
        {
            return Base(endpoint, "DAPR_HTTP_ENDPOINT", example, faults);
        }

        var port = Variable("DAPR_HTTP_PORT") ?? DefaultSidecarPort;
        if (!ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
        {
            faults.Add($"DAPR_HTTP_PORT must be a port number, such as {DefaultSidecarPort}; '{port}' is not.");
        }

        // Not localhost, which is tried as ::1 first: a sidecar may listen on IPv4 alone.
        return $"http://127.0.0.1:{port}";
    }

    private static string Base(string address, string name, string example, List<string> faults)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")
            || uri.Query.Length > 0 || uri.Fragment.Length > 0 || uri.UserInfo.Length > 0)
        {
            faults.Add($"{name} must be an address such as {example}, without a query; '{address}' is not.");
        }

        return address.TrimEnd('/');
    }

    private static string AppId(string id, string name, List<string> faults)
    {
        if (string.IsNullOrEmpty(id) || !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            faults.Add($"Dapr.{name} must be an app id: letters, digits, '-', '_' and, before a namespace, '.'; '{id}' is not.");
        }

        return id;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
