using System.Buffers;
using FeatureStore.Hosting.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace FeatureStore.Hosting.Bodies;

/// <summary>Reads a whole request body within a limit.</summary>
public static class BodyReader
{
    /// <summary>How much of a body that is too large is read before the connection is given up.</summary>
    private const long MaxThrownAway = 64 * 1024 * 1024;

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

    /// <summary>Whether there is a body, be it of one byte.</summary>
    public static async Task<bool> HasBodyAsync(HttpContext context)
    {
        if (context.Request.ContentLength is { } length)
        {
            return length > 0;
        }

        var read = await context.Request.BodyReader.ReadAsync(context.RequestAborted);
        context.Request.BodyReader.AdvanceTo(read.Buffer.Start);
        return !read.Buffer.IsEmpty;
    }

    /// <summary>Reads the body.</summary>
    /// <exception cref="BadHttpRequestException">It is larger than allowed (413) or ends early (400).</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context, int maxBytes)
    {
        var body = new ArrayBufferWriter<byte>((int)Math.Clamp(context.Request.ContentLength ?? 4096, 256, 64 * 1024));
        await CopyAsync(context, maxBytes, body);
        return body.WrittenMemory;
    }

    /// <summary>Reads the body into memory that is lent until what is returned is disposed.</summary>
    /// <exception cref="BadHttpRequestException">It is larger than allowed (413) or ends early (400).</exception>
    public static async Task<PooledBuffer> ReadPooledAsync(HttpContext context, int maxBytes)
    {
        var body = new PooledBuffer(context.Request.ContentLength ?? 4096);
        try
        {
            await CopyAsync(context, maxBytes, body);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private static async Task CopyAsync(HttpContext context, int maxBytes, IBufferWriter<byte> body)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }

        var reader = context.Request.BodyReader;
        long length = 0;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted);
            length += read.Buffer.Length;
            if (length <= maxBytes)
            {
                foreach (var segment in read.Buffer)
                {
                    body.Write(segment.Span);
                }
            }

            reader.AdvanceTo(read.Buffer.End);
            // Most clients read no answer before they have sent their body: what is too much is taken and thrown away.
            if ((read.IsCompleted && length > maxBytes) || length > maxBytes + MaxThrownAway)
            {
                throw new BadHttpRequestException($"The body may have {maxBytes} bytes here.", StatusCodes.Status413PayloadTooLarge);
            }

            if (read.IsCompleted)
            {
                return;
            }
        }
    }
}
