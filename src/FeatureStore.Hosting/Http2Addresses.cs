using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace FeatureStore.Hosting;

/// <summary>Listens for HTTP/2 without TLS at the addresses that setting <c>http2_urls</c> names, besides those of <c>urls</c>.</summary>
/// <remarks>Without TLS a connection does not say beforehand what it speaks, so HTTP/2 takes a port of its own.</remarks>
internal static class Http2Addresses
{
    private const string Setting = "http2_urls";
    private const int StreamsPerConnection = 1000;

    public static void AddHttp2Addresses(this WebApplicationBuilder builder)
    {
        var urls = builder.Configuration[Setting];
        if (string.IsNullOrWhiteSpace(urls))
        {
            return;
        }

        var ports = urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(url => BindingAddress.Parse(url).Port).ToHashSet();
        builder.WebHost.UseUrls(builder.WebHost.GetSetting(WebHostDefaults.ServerUrlsKey)!, urls);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // Streams of events do not end, and reads beside them must not wait for one that does.
            kestrel.Limits.Http2.MaxStreamsPerConnection = StreamsPerConnection;
            kestrel.ConfigureEndpointDefaults(endpoint =>
            {
                if (endpoint.IPEndPoint is { } ip && ports.Contains(ip.Port))
                {
                    endpoint.Protocols = HttpProtocols.Http2;
                }
            });
        });
    }
}
