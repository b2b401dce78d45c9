using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FeatureStore.DevSidecar.HttpApi;

/// <summary>The request's target as it came: keys, topics and methods are cut from it before they are decoded.</summary>
internal readonly record struct RequestPath(string Raw, string Query)
{
    public static RequestPath Of(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        if (!target.StartsWith('/'))
        {
            // The absolute form of a target, as sent to proxies.
            var scheme = target.IndexOf("://", StringComparison.Ordinal);
            var slash = scheme < 0 ? -1 : target.IndexOf('/', scheme + 3);
            target = slash < 0 ? "/" : target[slash..];
        }

        var query = target.IndexOf('?');
        return query < 0 ? new RequestPath(target, "") : new RequestPath(target[..query], target[query..]);
    }

    public string[] Segments() => Raw[1..].Split('/');

    public static string Decode(string segment) => Uri.UnescapeDataString(segment);
}
