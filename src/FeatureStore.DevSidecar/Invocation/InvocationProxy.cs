using System.Net.Sockets;
using FeatureStore.DevSidecar.Health;
using FeatureStore.DevSidecar.Resources;
using FeatureStore.DevSidecar.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FeatureStore.DevSidecar.Invocation;

/// <summary>
/// Service invocation: to the own app directly, to a peer by way of its sidecar. Bodies stream both ways, and what the
/// callee answers, an error or a redirect too, is the answer.
/// </summary>
internal sealed class InvocationProxy(SidecarOptions options, AppChannel? app, AppHealth health, HttpMessageInvoker client)
{
    private const string CalleeHeader = "dapr-callee-app-id";

    private static readonly HashSet<string> HopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
        "Host", "Content-Length", "Expect", ApiToken.Header, "dapr-app-id",
    };

    private static readonly HashSet<string> Overwritten = new(StringComparer.OrdinalIgnoreCase)
    {
        "dapr-caller-app-id", CalleeHeader, "dapr-caller-namespace", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host",
    };

    /// <param name="context">The call.</param>
    /// <param name="appId">The callee's id, decoded.</param>
    /// <param name="rawMethod">The method's path as it came.</param>
    /// <param name="query">The query as it came, with its question mark.</param>
    public async Task InvokeAsync(HttpContext context, string appId, string rawMethod, string query)
    {
        if (context.Request.ContentLength > options.MaxBodySize)
        {
            throw InvocationErrors.Failed(appId, "rpc error: code = Internal desc = the request body is too large");
        }

        LimitBody(context);
        var path = MethodPath.Normalize(rawMethod, out var method) ?? throw InvocationErrors.Failed(
            appId, $"rpc error: code = InvalidArgument desc = invalid method: method contains forbidden character: \"{method.TrimStart('/')}\"");
        var id = WithoutNamespace(appId);

        // What a peer's sidecar reports of its app names the step between the two.
        var failure = context.Request.Headers.ContainsKey(CalleeHeader) ? "rpc error: code = Internal desc = error invoking app channel: " : "";
        using var request = CreateRequest(context, Target(appId, id, path + query, failure), out var toPeer);
        if (toPeer)
        {
            Identify(context, request, id);
            failure = "";
        }

        HttpResponseMessage response;
        try
        {
            response = toPeer ? await client.SendAsync(request, context.RequestAborted) : await app!.SendAsync(request, context.RequestAborted);
        }
        catch (HttpRequestException exception)
        {
            throw InvocationErrors.Failed(appId, failure + Explain(request, exception));
        }

        using (response)
        {
            await CopyAsync(response, context);
        }
    }

    /// <summary>Chunked bodies tell their size by coming.</summary>
    private void LimitBody(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = options.MaxBodySize;
        }
    }

    private static string Explain(HttpRequestMessage request, HttpRequestException exception)
    {
        var reason = exception.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused }
            ? $"dial tcp {request.RequestUri!.Authority}: connect: connection refused"
            : exception.HttpRequestError is HttpRequestError.ResponseEnded ? "EOF" : exception.InnerException?.Message ?? exception.Message;
        var verb = request.Method.Method.Length > 1 ? request.Method.Method[..1] + request.Method.Method[1..].ToLowerInvariant() : request.Method.Method;
        return $"{verb} \"{request.RequestUri}\": {reason}";
    }

    private static string WithoutNamespace(string appId) => appId.EndsWith("." + MetadataValues.Namespace, StringComparison.Ordinal)
        ? appId[..^(MetadataValues.Namespace.Length + 1)]
        : appId;

    private Uri Target(string appId, string id, string pathAndQuery, string failure)
    {
        if (id == options.AppId)
        {
            if (app is null)
            {
                throw InvocationErrors.Failed(appId, "cannot invoke local endpoint: app channel not initialized");
            }

            return health.MayBeInvoked ? AppChannel.Exactly(app.BaseAddress, pathAndQuery) : throw InvocationErrors.Failed(
                appId, failure + "rpc error: code = Internal desc = app is not in a healthy state");
        }

        return options.Peers.TryGetValue(id, out var peer)
            ? AppChannel.Exactly(peer, $"/v1.0/invoke/{Uri.EscapeDataString(id)}/method{pathAndQuery}")
            : throw InvocationErrors.Failed(appId, $"couldn't find service: {id}");
    }

    private HttpRequestMessage CreateRequest(HttpContext context, Uri target, out bool toPeer)
    {
        toPeer = app is null || target.Authority != app.BaseAddress.Authority;
        var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), target);

        // Always with a content, if only an empty one: .NET repeats a request without any when the connection closes.
        request.Content = new ByteArrayContent([]);
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? false)
        {
            request.Content = new StreamContent(context.Request.Body);
            request.Content.Headers.ContentLength = context.Request.ContentLength;
        }

        foreach (var (name, values) in context.Request.Headers)
        {
            if (HopByHop.Contains(name) || (toPeer && Overwritten.Contains(name)))
            {
                continue;
            }

            if (!request.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
            {
                request.Content.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
            }
        }

        return request;
    }

    /// <summary>Says who calls whom; what the caller said of itself was left out.</summary>
    private void Identify(HttpContext context, HttpRequestMessage request, string appId)
    {
        var host = context.Request.Host.Value ?? "";
        var address = context.Connection.RemoteIpAddress?.ToString() ?? "127.0.0.1";
        request.Headers.TryAddWithoutValidation("dapr-caller-app-id", options.AppId);
        request.Headers.TryAddWithoutValidation(CalleeHeader, appId);
        request.Headers.TryAddWithoutValidation("dapr-caller-namespace", MetadataValues.Namespace);
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", address);
        request.Headers.TryAddWithoutValidation("X-Forwarded-Host", host);
        request.Headers.TryAddWithoutValidation("Forwarded", $"for={address};by={address};host={host}");
        if (!string.IsNullOrEmpty(options.ApiToken))
        {
            request.Headers.TryAddWithoutValidation(ApiToken.Header, options.ApiToken);
        }
    }

    private static async Task CopyAsync(HttpResponseMessage response, HttpContext context)
    {
        var target = context.Response;
        target.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.NonValidated)
        {
            if (!HopByHop.Contains(name))
            {
                target.Headers[name] = values.ToArray();
            }
        }

        foreach (var (name, values) in response.Content.Headers.NonValidated)
        {
            target.Headers[name] = values.ToArray();
        }

        if (target.StatusCode >= 400 && string.IsNullOrEmpty(target.ContentType))
        {
            target.ContentType = "application/json";
        }

        // Every chunk goes on as it comes.
        await using var body = await response.Content.ReadAsStreamAsync(context.RequestAborted);
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await body.ReadAsync(buffer, context.RequestAborted)) > 0)
        {
            await target.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
            await target.Body.FlushAsync(context.RequestAborted);
        }
    }
}
