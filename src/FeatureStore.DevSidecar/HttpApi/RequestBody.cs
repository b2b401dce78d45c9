using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FeatureStore.DevSidecar.HttpApi;

/// <summary>Reads whole bodies, up to the size that the sidecar takes.</summary>
internal static class RequestBody
{
    public const string TooLarge = "stream too large";

    /// <summary>The body; null when it is larger than <paramref name="limit"/>.</summary>
    public static async Task<byte[]?> ReadAsync(HttpContext context, long limit)
    {
        if (context.Request.ContentLength > limit)
        {
            return null;
        }

        // The limit is ours, so that the answer is.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = null;
        }

        var output = new ArrayBufferWriter<byte>((int)Math.Max(256, context.Request.ContentLength ?? 0));
        int read;
        while ((read = await context.Request.Body.ReadAsync(output.GetMemory(4096), context.RequestAborted)) > 0)
        {
            output.Advance(read);
            if (output.WrittenCount > limit)
            {
                return null;
            }
        }

        return output.WrittenSpan.ToArray();
    }
}
