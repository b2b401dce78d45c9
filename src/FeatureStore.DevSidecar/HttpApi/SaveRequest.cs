using System.Text.Json;
using FeatureStore.DevSidecar.Json;
using FeatureStore.DevSidecar.State;

namespace FeatureStore.DevSidecar.HttpApi;

/// <summary>Reads the body of a state save, with the errors that Go's decoder gives.</summary>
internal static class SaveRequest
{
    /// <exception cref="FormatException">The body is JSON of another shape.</exception>
    /// <exception cref="JsonException">The body is not JSON.</exception>
    /// <exception cref="NumberBeyondFloat64Exception">A number does not fit.</exception>
    public static StateWrite[] Read(ReadOnlyMemory<byte> body, IReadOnlyDictionary<string, string> query, bool escapeHtml)
    {
        using var document = JsonDocument.Parse(body);
        if (document.RootElement.ValueKind is not JsonValueKind.Array)
        {
            throw Wrong(document.RootElement, "Go value of type []state.SetRequest");
        }

        return [.. document.RootElement.EnumerateArray().Select(item => Item(item, query, escapeHtml))];
    }

    private static StateWrite Item(JsonElement item, IReadOnlyDictionary<string, string> query, bool escapeHtml)
    {
        if (item.ValueKind is not JsonValueKind.Object)
        {
            throw Wrong(item, "Go value of type state.SetRequest");
        }

        var key = Text(item, "key") ?? "";
        if (key.Length == 0)
        {
            throw new FormatException("\"key\" is a required field");
        }

        var value = item.TryGetProperty("value", out var given) ? given : default;
        return new StateWrite(
            key,
            value.ValueKind is JsonValueKind.Undefined ? "null"u8.ToArray() : GoJsonWriter.Rewrite(value, numbersAsFloat64: true, escapeHtml),
            Text(item, "etag"),
            IsFirstWrite(item),
            Ttl(item) ?? query.GetValueOrDefault(StateTtl.MetadataName),
            IsJson: true);
    }

    private static bool IsFirstWrite(JsonElement item)
    {
        if (!item.TryGetProperty("options", out var options) || options.ValueKind is not JsonValueKind.Object)
        {
            return false;
        }

        if (Text(options, "consistency") is { Length: > 0 } consistency and not ("strong" or "eventual"))
        {
            throw StateStoreException.Failed($"unrecognized consistency model '{consistency}'");
        }

        return Text(options, "concurrency") switch
        {
            null or "" or "last-write" => false,
            "first-write" => true,
            var other => throw StateStoreException.Failed($"unrecognized concurrency model '{other}'"),
        };
    }

    private static string? Ttl(JsonElement item)
    {
        if (!item.TryGetProperty("metadata", out var metadata) || metadata.ValueKind is not JsonValueKind.Object)
        {
            return null;
        }

        string? ttl = null;
        foreach (var entry in metadata.EnumerateObject())
        {
            if (entry.Value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
            {
                throw Wrong(entry.Value, "Go struct field SetRequest.metadata of type string");
            }

            if (entry.Name == StateTtl.MetadataName)
            {
                ttl = entry.Value.GetString();
            }
        }

        return ttl;
    }

    private static string? Text(JsonElement item, string name) =>
        !item.TryGetProperty(name, out var value) || value.ValueKind is JsonValueKind.Null ? null
        : value.ValueKind is JsonValueKind.String ? value.GetString()
        : throw Wrong(value, $"Go struct field SetRequest.{name} of type string");

    private static FormatException Wrong(JsonElement value, string target) => new($"json: cannot unmarshal {GoName(value)} into {target}");

    private static string GoName(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => "bool",
        var kind => kind.ToString().ToLowerInvariant(),
    };
}
