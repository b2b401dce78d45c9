using System.Buffers;
using FeatureStore.Hosting.Errors;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace FeatureStore.FeatureIngest.Bulk;

/// <summary>Reads a whole request body within a limit.</summary>
internal static class BodyReader
{
    /// <summary>Whether the body says that it is JSON, or says nothing.</summary>
    public static bool IsJson(HttpRequest request) => Matches(request, "application/json");

    /// <summary>Whether the body says that it is of a media type, or says nothing.</summary>
    public static bool Matches(HttpRequest request, params ReadOnlySpan<string> types)
    {
        if (string.IsNullOrEmpty(request.ContentType))
        {
            return true;
        }

        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var given)
            || !(given.Charset.Length == 0 || given.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)))
        {
            return false;
        }

        foreach (var type in types)
        {
            if (given.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    public static ProblemDetails Unsupported(HttpRequest request, string expected) => Problems.Create(
        StatusCodes.Status415UnsupportedMediaType,
        Problems.UnsupportedMediaType,
        "The body has a content type that is not taken here.",
        $"Send the body in UTF-8 with 'Content-Type: {expected}', not '{request.ContentType}'.");

    /// <summary>Reads the body.</summary>
    /// <exception cref="BadHttpRequestException">It is larger than allowed (413) or ends early (400).</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context, int maxBytes)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = maxBytes;
        }

        if (context.Request.ContentLength > maxBytes)
        {
            throw new BadHttpRequestException($"The body may have {maxBytes} bytes here.", StatusCodes.Status413PayloadTooLarge);
        }

        var body = new ArrayBufferWriter<byte>((int)Math.Max(256, context.Request.ContentLength ?? 4096));
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted);
            foreach (var segment in read.Buffer)
            {
                body.Write(segment.Span);
            }

            reader.AdvanceTo(read.Buffer.End);
            if (body.WrittenCount > maxBytes)
            {
                throw new BadHttpRequestException($"The body may have {maxBytes} bytes here.", StatusCodes.Status413PayloadTooLarge);
            }

            if (read.IsCompleted)
            {
                return body.WrittenMemory;
            }
        }
    }
}
