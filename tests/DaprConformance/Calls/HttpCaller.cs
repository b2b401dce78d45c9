using System.Text.Json;
using FeatureStore.DaprConformance.Comparing;

namespace FeatureStore.DaprConformance.Calls;

/// <summary>Makes recorded HTTP calls, to the byte: what is not recorded is not sent.</summary>
public sealed class HttpCaller(Uri endpoint, Bindings bindings, string? apiToken = null) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
    });

    private readonly (string Name, string Value)[] _always = apiToken is null ? [] : [("dapr-api-token", apiToken)];

    public Task<HttpReply> CallAsync(JsonElement request, CancellationToken cancellationToken)
    {
        var body = request.TryGetProperty("body", out var given) && given.ValueKind is not JsonValueKind.Null ? RecordedText.Bytes(given, bindings.Fill) : null;
        var headers = request.GetProperty("headers").EnumerateObject().Select(h => (h.Name, bindings.Fill(h.Value.GetString()!)));
        return CallAsync(request.GetProperty("method").GetString()!, bindings.Fill(request.GetProperty("path").GetString()!), headers, body, cancellationToken);
    }

    public async Task<HttpReply> CallAsync(
        string method, string path, IEnumerable<(string Name, string Value)> headers, byte[]? body, CancellationToken cancellationToken)
    {
        var uri = new Uri(
            endpoint.GetLeftPart(UriPartial.Authority) + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(new HttpMethod(method), uri);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
        }

        foreach (var (name, value) in _always.Concat(headers))
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content ??= new ByteArrayContent([]);
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        using var response = await _client.SendAsync(request, cancellationToken);
        var found = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase);
        return new HttpReply((int)response.StatusCode, found, await response.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    public void Dispose() => _client.Dispose();
}
