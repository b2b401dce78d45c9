using System.Buffers;
using System.Text.Json;
using FeatureStore.Hosting.Errors;

namespace FeatureStore.FeatureApi.Streaming;

/// <summary>Why a stream ends, as its last event says it.</summary>
/// <param name="Reason">One word: slow, registry or shutdown.</param>
/// <param name="Detail">What a person reads.</param>
internal sealed record StreamEnd(string Reason, string Detail)
{
    public static StreamEnd Shutdown { get; } = new("shutdown", "This replica is stopping. Connect again.");

    public static StreamEnd Slow(TimeSpan limit) => new("slow", $"An event was not received within {limit.TotalSeconds:0.#} s. Connect again for the latest state.");

    public void Write(IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, ReplyJson.Options);
        json.WriteStartObject();
        json.WriteString("reason"u8, Reason);
        json.WriteString("detail"u8, Detail);
        json.WriteEndObject();
    }
}
