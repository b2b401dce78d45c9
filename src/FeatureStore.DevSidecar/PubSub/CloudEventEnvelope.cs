using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FeatureStore.DevSidecar.Json;

namespace FeatureStore.DevSidecar.PubSub;

/// <summary>Wraps published data in a CloudEvent as daprd writes it: members sorted, the text of numbers kept.</summary>
internal sealed class CloudEventEnvelope(string source, TimeProvider time)
{
    public const string ContentType = "application/cloudevents+json";
    private const string OverridePrefix = "cloudevent.";
    private const string DefaultType = "com.dapr.event.sent";

    /// <exception cref="JsonException">The data should be a CloudEvent and is not JSON.</exception>
    /// <exception cref="FormatException">The data should be a CloudEvent and is no object.</exception>
    public byte[] Wrap(
        string pubsub, string topic, ReadOnlyMemory<byte> data, string contentType, IReadOnlyDictionary<string, string> metadata, TraceContext trace)
    {
        var members = new SortedDictionary<string, object>(StringComparer.Ordinal);
        if (contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase))
        {
            ReadEvent(data, members);
        }
        else
        {
            members["id"] = Guid.NewGuid().ToString();
            members["source"] = source;
            members["specversion"] = "1.0";
            members["type"] = DefaultType;
            members["time"] = Rfc3339(time.GetUtcNow());
            members["datacontenttype"] = contentType.Length == 0 ? "text/plain" : contentType;
            AddData(members, data, contentType);
        }

        members["topic"] = topic;
        members["pubsubname"] = pubsub;
        members["traceid"] = trace.Parent;
        members["traceparent"] = trace.Parent;
        members["tracestate"] = trace.State;
        Override(members, metadata);
        if (metadata.TryGetValue("ttlInSeconds", out var ttl)
            && long.TryParse(ttl, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            members["expiration"] = Rfc3339(time.GetUtcNow().AddSeconds(seconds));
        }

        return Write(members);
    }

    /// <summary>The event around the broker's bytes that a raw subscription's single delivery carries.</summary>
    public static byte[] WrapRaw(string pubsub, string topic, ReadOnlyMemory<byte> data, IReadOnlyDictionary<string, string>? metadata)
    {
        var members = new SortedDictionary<string, object>(StringComparer.Ordinal)
        {
            ["data_base64"] = Convert.ToBase64String(data.Span),
            ["datacontenttype"] = "application/octet-stream",
            ["id"] = Guid.NewGuid().ToString(),
            ["pubsubname"] = pubsub,
            ["source"] = "Dapr",
            ["specversion"] = "1.0",
            ["topic"] = topic,
            ["type"] = DefaultType,
        };
        foreach (var name in (ReadOnlySpan<string>)[TraceContext.IdName, TraceContext.StateName])
        {
            if (metadata?.TryGetValue(name, out var value) ?? false)
            {
                members[name] = value;
            }
        }

        return Write(members);
    }

    public static string Rfc3339(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private static bool IsJson(string contentType)
    {
        var type = contentType.AsSpan();
        var end = type.IndexOf(';');
        type = (end < 0 ? type : type[..end]).Trim();
        return type.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }

    private static void AddData(SortedDictionary<string, object> members, ReadOnlyMemory<byte> data, string contentType)
    {
        if (contentType.StartsWith("application/octet-stream", StringComparison.OrdinalIgnoreCase))
        {
            members["data_base64"] = Convert.ToBase64String(data.Span);
        }
        else if (IsJson(contentType) && TryParse(data, out var value))
        {
            members["data"] = value;
        }
        else
        {
            // What claims to be JSON and is not becomes a text.
            members["data"] = Encoding.UTF8.GetString(data.Span);
        }
    }

    private static bool TryParse(ReadOnlyMemory<byte> data, out JsonElement value)
    {
        var reader = new Utf8JsonReader(data.Span);
        try
        {
            value = JsonElement.ParseValue(ref reader);
            return !reader.Read();
        }
        catch (JsonException)
        {
            value = default;
            return false;
        }
    }

    private void ReadEvent(ReadOnlyMemory<byte> data, SortedDictionary<string, object> members)
    {
        var reader = new Utf8JsonReader(data.Span);
        var root = JsonElement.ParseValue(ref reader);
        if (root.ValueKind is not JsonValueKind.Object)
        {
            throw new FormatException(
                $"json: cannot unmarshal {root.ValueKind.ToString().ToLowerInvariant()} into Go value of type map[string]interface {{}}");
        }

        foreach (var member in root.EnumerateObject())
        {
            members[member.Name] = member.Value;
        }

        members.TryAdd("source", "Dapr");
        members.TryAdd("specversion", "1.0");
        members.TryAdd("type", DefaultType);
        members.TryAdd("time", Rfc3339(time.GetUtcNow()));
    }

    private static void Override(SortedDictionary<string, object> members, IReadOnlyDictionary<string, string> metadata)
    {
        foreach (var (name, value) in metadata)
        {
            if (!name.StartsWith(OverridePrefix, StringComparison.Ordinal))
            {
                continue;
            }

            var member = name[OverridePrefix.Length..];
            members[member] = value;
            if (member is "traceparent")
            {
                members["traceid"] = value;
            }
        }
    }

    private static byte[] Write(SortedDictionary<string, object> members)
    {
        var output = new ArrayBufferWriter<byte>(512);
        var writer = new GoJsonWriter(output);
        var separator = "{"u8;
        foreach (var (name, value) in members)
        {
            writer.Raw(separator);
            separator = ","u8;
            writer.Name(name);
            if (value is JsonElement element)
            {
                writer.Value(element);
            }
            else
            {
                writer.String((string)value);
            }
        }

        writer.Raw("}"u8);
        return output.WrittenSpan.ToArray();
    }
}
