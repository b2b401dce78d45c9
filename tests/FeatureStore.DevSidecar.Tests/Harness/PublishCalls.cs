using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;

namespace FeatureStore.DevSidecar.Tests.Harness;

/// <summary>Publish calls over gRPC, in short.</summary>
internal static class PublishCalls
{
    public static async Task PublishAsync(
        this TestSidecar sidecar, string topic, string data, string contentType = "application/json", params (string Name, string Value)[] metadata)
    {
        var request = new PublishEventRequest
        {
            PubsubName = "ps",
            Topic = topic,
            Data = ByteString.CopyFromUtf8(data),
            DataContentType = contentType,
        };
        foreach (var (name, value) in metadata)
        {
            request.Metadata[name] = value;
        }

        await sidecar.Grpc.PublishEventAsync(request);
    }

    public static async Task PublishBulkAsync(this TestSidecar sidecar, string topic, params string[] events) =>
        await sidecar.Grpc.BulkPublishEventAsync(new BulkPublishRequest
        {
            PubsubName = "ps",
            Topic = topic,
            Entries =
            {
                events.Select((e, i) => new BulkPublishRequestEntry
                {
                    EntryId = i.ToString(),
                    Event = ByteString.CopyFromUtf8(e),
                    ContentType = "application/json",
                }),
            },
        });
}
