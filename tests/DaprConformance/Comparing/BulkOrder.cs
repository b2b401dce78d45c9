using System.Text.Json;
using System.Text.Json.Nodes;

namespace FeatureStore.DaprConformance.Comparing;

/// <summary>
/// daprd puts the events of a bulk delivery in the order in which its goroutines get to run. The events that came are put
/// into the recorded order; that they had to be is a difference of its own, beside whatever else differs.
/// </summary>
public static class BulkOrder
{
    public static (string Body, bool Moved) Restore(string recorded, string actual)
    {
        if (Entries(recorded) is not { Count: > 1 } expected || Entries(actual) is not { } found || expected.Count != found.Count)
        {
            return (actual, false);
        }

        var left = found.ToList();
        var ordered = new List<JsonElement>();
        foreach (var data in expected.Select(Data))
        {
            var index = left.FindIndex(e => Data(e) == data);
            if (index < 0)
            {
                return (actual, false);
            }

            ordered.Add(left[index]);
            left.RemoveAt(index);
        }

        // Spliced as text: everything else is compared to the character.
        var was = string.Join(',', found.Select(e => e.GetRawText()));
        var now = string.Join(',', ordered.Select(e => e.GetRawText()));
        return (actual.Replace(was, now, StringComparison.Ordinal), was != now);
    }

    /// <summary>The entries of a bulk delivery; null for anything else.</summary>
    private static List<JsonElement>? Entries(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind is JsonValueKind.Object
                && document.RootElement.TryGetProperty("entries", out var entries) && entries.ValueKind is JsonValueKind.Array
                ? [.. entries.Clone().EnumerateArray()]
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>What tells one event from another: its data, since ids are volatile.</summary>
    private static string Data(JsonElement entry)
    {
        var @event = entry.GetProperty("event");
        return @event.ValueKind is JsonValueKind.Object && (@event.TryGetProperty("data", out var data) || @event.TryGetProperty("data_base64", out data))
            ? JsonNode.Parse(data.GetRawText())?.ToJsonString() ?? "null"
            : DataOfRaw(@event);
    }

    private static string DataOfRaw(JsonElement @event)
    {
        if (@event.ValueKind is not JsonValueKind.String || !@event.TryGetBytesFromBase64(out var bytes))
        {
            return @event.GetRawText();
        }

        try
        {
            return JsonNode.Parse(bytes)?["data"]?.ToJsonString() ?? @event.GetRawText();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return @event.GetRawText();
        }
    }
}
