using System.Text.Json;

namespace FeatureStore.DaprConformance.Recordings;

/// <summary>The keys that a file's steps touch, store by store.</summary>
public static class StateKeys
{
    /// <summary>Every key, with the store through which it is reached. Malformed requests name none.</summary>
    public static IReadOnlySet<(string Store, string Key)> Of(Fixture fixture)
    {
        var keys = new HashSet<(string, string)>();
        foreach (var step in fixture.Steps.Where(s => s.Request is not null))
        {
            var request = step.Request!.Value;
            if (request.GetProperty("transport").GetString() == "grpc")
            {
                var body = request.GetProperty("body");
                Add(keys, StoreOf(step), KeysIn(body));
            }
            else
            {
                OfHttp(keys, request.GetProperty("path").GetString()!, request.TryGetProperty("body", out var body) ? Text(body) : null);
            }
        }

        foreach (var unrecorded in fixture.Unrecorded)
        {
            foreach (var call in unrecorded.Calls ?? [])
            {
                OfHttp(keys, call[1], call.ElementAtOrDefault(2));
            }

            Add(keys, "store", (unrecorded.Redis ?? []).Select(command => command[1]));
        }

        return keys;
    }

    /// <summary>The component that a step calls; null: it calls none.</summary>
    public static string? StoreOf(Step step)
    {
        if (step.Request is not { } request)
        {
            return null;
        }

        return request.TryGetProperty("path", out var path) ? Segments(path.GetString()!) is ["v1.0", "state", var store, ..] ? store : null
            : request.GetProperty("body") is { ValueKind: JsonValueKind.Object } body && body.TryGetProperty("store_name", out var name) ? name.GetString()
            : null;
    }

    private static void OfHttp(HashSet<(string, string)> keys, string path, string? body)
    {
        if (Segments(path) is not ["v1.0", "state", var store, .. var rest])
        {
            return;
        }

        Add(keys, store, rest is [var key] && key is not ("bulk" or "transaction") ? [Uri.UnescapeDataString(key)] : []);
        try
        {
            using var document = JsonDocument.Parse(body ?? "null");
            Add(keys, store, KeysIn(document.RootElement).ToList());
        }
        catch (JsonException)
        {
            // It is recorded how such a body is refused.
        }
    }

    /// <summary>What stands under <c>key</c> or <c>keys</c>, however deep, but in no value.</summary>
    private static IEnumerable<string> KeysIn(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Array => json.EnumerateArray().SelectMany(KeysIn),
        JsonValueKind.Object => json.EnumerateObject().SelectMany(member => (member.Name, member.Value.ValueKind) switch
        {
            ("key", JsonValueKind.String) => [member.Value.GetString()!],
            ("keys", JsonValueKind.Array) => member.Value.EnumerateArray().Where(k => k.ValueKind is JsonValueKind.String).Select(k => k.GetString()!),
            ("value", _) => [],
            _ => KeysIn(member.Value),
        }),
        _ => [],
    };

    private static string? Text(JsonElement body) => body.ValueKind is JsonValueKind.String ? body.GetString() : null;

    private static string[] Segments(string path) => path.Split('?')[0].Trim('/').Split('/');

    /// <summary>Without those that a store refuses.</summary>
    private static void Add(HashSet<(string, string)> keys, string? store, IEnumerable<string> found) =>
        keys.UnionWith(found.Where(k => store is not null && k.Length > 0 && !k.Contains("||", StringComparison.Ordinal)).Select(k => (store!, k)));
}
