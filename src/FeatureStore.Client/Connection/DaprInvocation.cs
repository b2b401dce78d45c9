namespace FeatureStore.Client;

/// <summary>How the services are reached through this app's own Dapr sidecar, by app id instead of by address.</summary>
public sealed class DaprInvocation
{
    /// <summary>The app id of feature-api: <c>feature-api</c>.</summary>
    public string ApiAppId { get; set; } = "feature-api";

    /// <summary>The app id of feature-ingest: <c>feature-ingest</c>.</summary>
    public string IngestAppId { get; set; } = "feature-ingest";

    /// <summary>The app id of feature-history: <c>feature-history</c>.</summary>
    /// <remarks>A sidecar takes bodies of 4 MiB by default: larger events and training sets go to an address.</remarks>
    public string HistoryAppId { get; set; } = "feature-history";

    /// <summary>
    /// The sidecar's HTTP endpoint. Where none is given, what Dapr tells its apps: <c>DAPR_HTTP_ENDPOINT</c>, else the port
    /// <c>DAPR_HTTP_PORT</c> of this machine, else port 3500.
    /// </summary>
    public Uri? HttpEndpoint { get; set; }

    /// <summary>The token that the sidecar asks for; where none is given, <c>DAPR_API_TOKEN</c>.</summary>
    public string? ApiToken { get; set; }
}
