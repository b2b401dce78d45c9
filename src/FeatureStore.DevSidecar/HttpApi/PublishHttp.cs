using System.Buffers;
using System.Text;
using System.Text.Json;
using FeatureStore.DevSidecar.Json;
using FeatureStore.DevSidecar.PubSub;
using Microsoft.AspNetCore.Http;

namespace FeatureStore.DevSidecar.HttpApi;

/// <summary>The publish API over HTTP.</summary>
internal sealed class PublishHttp(Publisher publisher, SidecarOptions options)
{
    public async Task PublishAsync(HttpContext context, string pubsub, string topic)
    {
        var broker = publisher.Find(pubsub, topic);
        var body = await RequestBody.ReadAsync(context, options.MaxBodySize)
            ?? throw PublishErrors.Failed(pubsub, topic, RequestBody.TooLarge);
        await publisher.PublishAsync(
            broker, topic, body, context.Request.ContentType ?? "", QueryMetadata.Read(context), Trace(context), context.RequestAborted);
        context.Response.StatusCode = 204;
    }

    public async Task PublishBulkAsync(HttpContext context, string pubsub, string topic)
    {
        var broker = publisher.Find(pubsub, topic);
        var request = await RequestBody.ReadAsync(context, options.MaxBodySize)
            ?? throw PublishErrors.Unmarshal(pubsub, topic, options.AppId, RequestBody.TooLarge);
        IReadOnlyList<BulkEntry>? entries;
        try
        {
            entries = BulkPublishBody.Read(request);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or NumberBeyondFloat64Exception)
        {
            throw PublishErrors.Unmarshal(pubsub, topic, options.AppId, GoJsonError.Text(exception, request));
        }

        if (entries is null)
        {
            throw PublishErrors.ContentTypeMismatch(pubsub, topic, options.AppId);
        }

        var failed = await publisher.PublishBulkAsync(
            broker, topic, entries, QueryMetadata.Read(context), Trace(context), context.RequestAborted);
        if (failed.Count == 0)
        {
            context.Response.StatusCode = 204;
            return;
        }

        var body = WriteFailed(failed);
        context.Response.Headers["Metadata.error"] = Printable("api error: code = Internal desc = " + PublishErrors.Failed(pubsub, topic, failed[0].Error).Message);
        context.Response.Headers["Metadata.responsedata"] = Printable(Encoding.UTF8.GetString(body.Span));
        await HttpReply.JsonAsync(context, 500, body);
    }

    private static ReadOnlyMemory<byte> WriteFailed(IReadOnlyList<(string EntryId, string Error)> failed)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new GoJsonWriter(output);
        writer.Raw("{\"failedEntries\":["u8);
        for (var i = 0; i < failed.Count; i++)
        {
            writer.Raw(i == 0 ? "{\"entryId\":"u8 : ",{\"entryId\":"u8);
            writer.String(failed[i].EntryId);
            writer.Raw(",\"error\":"u8);
            writer.String(failed[i].Error);
            writer.Raw("}"u8);
        }

        writer.Raw("],\"errorCode\":\"ERR_PUBSUB_PUBLISH_MESSAGE\"}"u8);
        return output.WrittenMemory;
    }

    /// <summary>What a header can hold.</summary>
    private static string Printable(string text) => string.Concat(text.Select(c => c is >= ' ' and <= '~' ? c : '?'));

    private static TraceContext Trace(HttpContext context) => new(
        context.Request.Headers.TraceParent.ToString(), context.Request.Headers.TraceState.ToString());
}
