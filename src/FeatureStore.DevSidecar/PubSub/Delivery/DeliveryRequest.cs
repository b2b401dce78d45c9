using System.Buffers;
using System.Net.Http.Headers;
using FeatureStore.DevSidecar.Invocation;
using FeatureStore.DevSidecar.Json;
using FeatureStore.DevSidecar.Resources;

namespace FeatureStore.DevSidecar.PubSub.Delivery;

/// <summary>Builds the requests that carry events to the app.</summary>
internal static class DeliveryRequest
{
    public static HttpRequestMessage Single(AppChannel app, SubscriptionResource subscription, DeliveryEntry entry)
    {
        var request = New(app, subscription, entry.Body, CloudEventEnvelope.ContentType);
        foreach (var (name, value) in entry.Message.Metadata ?? new Dictionary<string, string>())
        {
            // The publisher's metadata comes back as headers, as far as HTTP can say it; an empty trace state is none.
            if (value.All(c => c is >= ' ' and < '\x7f') && (value.Length > 0 || name != TraceContext.StateName))
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        if (entry.TraceParent.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("traceparent", entry.TraceParent);
        }

        return request;
    }

    public static HttpRequestMessage Bulk(AppChannel app, SubscriptionResource subscription, string id, IReadOnlyList<DeliveryEntry> entries)
    {
        var output = new ArrayBufferWriter<byte>(entries.Sum(e => (e.Body.Length * 4 / 3) + 160) + 256);
        var writer = new GoJsonWriter(output);
        writer.Raw("{\"entries\":["u8);
        for (var i = 0; i < entries.Count; i++)
        {
            if (i > 0)
            {
                writer.Raw(","u8);
            }

            Entry(writer, output, entries[i], subscription.RawPayload);
        }

        writer.Raw("],\"id\":"u8);
        writer.String(id);
        writer.Raw(",\"metadata\":{\"pubsubName\":"u8);
        writer.String(subscription.PubsubName);
        writer.Raw("},\"pubsubname\":"u8);
        writer.String(subscription.PubsubName);
        writer.Raw(",\"topic\":"u8);
        writer.String(subscription.Topic);
        writer.Raw(",\"type\":\"com.dapr.event.sent.bulk\"}"u8);
        return New(app, subscription, output.WrittenMemory, "application/json");
    }

    private static void Entry(GoJsonWriter writer, ArrayBufferWriter<byte> output, DeliveryEntry entry, bool raw)
    {
        writer.Raw("{\"entryId\":"u8);
        writer.String(entry.EntryId);
        writer.Raw(",\"event\":"u8);
        if (raw)
        {
            writer.Raw("\""u8);
            var span = output.GetSpan(System.Buffers.Text.Base64.GetMaxEncodedToUtf8Length(entry.Body.Length));
            System.Buffers.Text.Base64.EncodeToUtf8(entry.Body.Span, span, out _, out var written);
            output.Advance(written);
            writer.Raw("\""u8);
        }
        else
        {
            writer.Raw(entry.Body.Span);
        }

        writer.Raw(",\"metadata\":"u8);
        if (entry.Message.Metadata is { } metadata)
        {
            writer.Map(metadata);
        }
        else
        {
            writer.Raw("null"u8);
        }

        writer.Raw(raw ? ",\"contentType\":\"application/octet-stream\"}"u8 : ",\"contentType\":\"application/cloudevents+json\"}"u8);
    }

    private static HttpRequestMessage New(AppChannel app, SubscriptionResource subscription, ReadOnlyMemory<byte> body, string contentType)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, app.UriOf(subscription.Route)) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        request.Headers.TryAddWithoutValidation("pubsubname", subscription.PubsubName);
        return request;
    }
}
