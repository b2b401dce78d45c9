using FeatureStore.DevSidecar.Errors;
using FeatureStore.DevSidecar.Health;
using FeatureStore.DevSidecar.Invocation;
using FeatureStore.DevSidecar.Security;
using Microsoft.AspNetCore.Http;

namespace FeatureStore.DevSidecar.HttpApi;

/// <summary>
/// The HTTP API. It routes by hand, on the target as it came: a framework's router decodes and folds paths, and what
/// is decoded how often is part of the contract.
/// </summary>
internal sealed class HttpApiHandler(
    SidecarOptions options,
    ApiToken token,
    SidecarState sidecar,
    StateHttp state,
    PublishHttp publish,
    MetadataHttp metadata,
    InvocationProxy invocation)
{
    private const string AppIdHeader = "dapr-app-id";

    public async Task HandleAsync(HttpContext context)
    {
        EchoTrace(context);
        try
        {
            await RouteAsync(context, RequestPath.Of(context));
        }
        catch (ApiException error) when (!context.Response.HasStarted)
        {
            await HttpReply.ErrorAsync(context, error);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to answer.
        }
    }

    private Task RouteAsync(HttpContext context, RequestPath path)
    {
        var verb = context.Request.Method;
        var segments = path.Segments();
        if (verb is "GET" && segments is ["v1.0", "healthz", .. var rest] && rest is [] or [""])
        {
            return HealthzAsync(context);
        }

        if (verb is "GET" && segments is ["v1.0", "healthz", "outbound"] or ["v1.0", "healthz", "outbound", ""])
        {
            return AnswerHealthAsync(context, sidecar.IsOutboundReady);
        }

        if (!token.Matches(context.Request.Headers.TryGetValue(ApiToken.Header, out var sent) ? sent.ToString() : null))
        {
            return RefuseAsync(context);
        }

        switch (segments)
        {
            case ["v1.0", "state", var store] when verb is "POST" or "PUT" && store.Length > 0:
                return state.SaveAsync(context, Decode(store));
            case ["v1.0", "state", var store, "bulk"] when verb is "POST" or "PUT":
                return state.GetBulkAsync(context, Decode(store));
            case ["v1.0", "state", var store, var key] when verb is "GET" && key.Length > 0:
                return state.GetAsync(context, Decode(store), Decode(key));
            case ["v1.0", "state", var store, var key] when verb is "DELETE" && key.Length > 0:
                return state.DeleteAsync(context, Decode(store), Decode(key));
            case ["v1.0" or "v1.0-alpha1", "publish", "bulk", var pubsub, .. var topic] when verb is "POST" or "PUT" && HasText(topic):
                return publish.PublishBulkAsync(context, Decode(pubsub), Topic(topic));
            case ["v1.0", "publish", var pubsub, .. var topic] when verb is "POST" or "PUT" && HasText(topic):
                return publish.PublishAsync(context, Decode(pubsub), Topic(topic));
            case ["v1.0", "metadata"] or ["v1.0", "metadata", ""] when verb is "GET":
                return metadata.GetAsync(context);
            case ["v1.0", "metadata", var name] when verb is "PUT" && name.Length > 0:
                return metadata.SetAsync(context, Decode(name));
            case ["v1.0", "shutdown"] when verb is "POST":
                sidecar.ShutdownRequested.TrySetResult();
                context.Response.StatusCode = 204;
                return Task.CompletedTask;
            default:
                return RefusedApi.NameOf(segments) is { } refused
                    ? HttpReply.ErrorAsync(context, 501, "ERR_NOT_IN_DEVSIDECAR", $"{refused} is not in DevSidecar, use daprd")
                    : InvokeAsync(context, path, segments);
        }
    }

    private static void EchoTrace(HttpContext context)
    {
        if (context.Request.Headers.TraceParent is { Count: > 0 } parent)
        {
            context.Response.Headers.TraceParent = parent;
            context.Response.Headers.TraceState = context.Request.Headers.TraceState;
        }
    }

    private static string Decode(string segment) => RequestPath.Decode(segment);

    private static string Topic(string[] segments) => Decode(string.Join('/', segments));

    private static bool HasText(string[] segments) => segments.Length > 0 && (segments.Length > 1 || segments[0].Length > 0);

    /// <summary>Everything that is no API of the sidecar is for an app, if the call says which.</summary>
    private Task InvokeAsync(HttpContext context, RequestPath path, string[] segments)
    {
        if (context.Request.Headers.TryGetValue(AppIdHeader, out var named) && named.ToString() is { Length: > 0 } header)
        {
            return invocation.InvokeAsync(context, header, path.Raw, path.Query);
        }

        return segments is ["v1.0", "invoke", { Length: > 0 } appId, "method", _, ..]
            ? invocation.InvokeAsync(context, Decode(appId), "/" + string.Join('/', segments[4..]), path.Query)
            : throw InvocationErrors.NoAppId();
    }

    private Task HealthzAsync(HttpContext context)
    {
        var appId = context.Request.Query["appid"].ToString();
        return sidecar.IsReady && appId.Length > 0 && appId != options.AppId
            ? HttpReply.ErrorAsync(context, 500, "ERR_HEALTH_APPID_NOT_MATCH", "dapr app-id does not match")
            : AnswerHealthAsync(context, sidecar.IsReady);
    }

    private static Task AnswerHealthAsync(HttpContext context, bool ready)
    {
        if (ready)
        {
            context.Response.StatusCode = 204;
            return Task.CompletedTask;
        }

        return HttpReply.ErrorAsync(context, 500, "ERR_HEALTH_NOT_READY", "dapr is not ready: [runtime]");
    }

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = 401;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return context.Response.WriteAsync("invalid api token\n", context.RequestAborted);
    }
}
