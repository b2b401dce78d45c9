using System.Globalization;
using System.Text;

namespace FeatureStore.LoadBaselines;

/// <summary>Makes events as Dapr puts them into a Redis stream: a CloudEvent of one row each.</summary>
internal static class EventBacklog
{
    /// <summary>Writes the commands that add them, in Redis's protocol: for <c>redis-cli --pipe</c>.</summary>
    public static async Task WriteAsync(string topic, RowGenerator rows, Stream output, CancellationToken cancellationToken)
    {
        await using var writer = new BufferedStream(output, 1 << 20);
        var bytes = new byte[1 << 16];
        for (var i = 0L; i < rows.Rows; i++)
        {
            var id = i.ToString("D32", CultureInfo.InvariantCulture);
            var text = $"{{\"data\":{rows.Line(i).TrimEnd()},\"datacontenttype\":\"application/json\",\"id\":\"{id}\",\"pubsubname\":\"pubsub\","
                + $"\"source\":\"load\",\"specversion\":\"1.0\",\"time\":\"2026-01-01T00:00:00Z\",\"topic\":\"{topic}\",\"type\":\"com.dapr.event.sent\"}}";
            var command = $"*5\r\n$4\r\nXADD\r\n${topic.Length}\r\n{topic}\r\n$1\r\n*\r\n$4\r\ndata\r\n${text.Length}\r\n{text}\r\n";
            await writer.WriteAsync(bytes.AsMemory(0, Encoding.ASCII.GetBytes(command, bytes)), cancellationToken);
        }
    }
}
