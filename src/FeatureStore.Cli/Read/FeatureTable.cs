using System.Text.Json;
using FeatureStore.Cli.Service;
using Spectre.Console;

namespace FeatureStore.Cli.Read;

/// <summary>Shows one reply of feature-api as a table.</summary>
internal static class FeatureTable
{
    public static void Write(byte[] body, bool metadata, ServiceEndpoint service, CliConsole console)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 512 });
        }
        catch (JsonException)
        {
            throw NotTheService(service);
        }

        using (document)
        {
            var reply = document.RootElement;
            if (reply.ValueKind != JsonValueKind.Object || !reply.TryGetProperty("features", out var features)
                || features.ValueKind != JsonValueKind.Object)
            {
                throw NotTheService(service);
            }

            var known = metadata && reply.TryGetProperty("metadata", out var found) ? found : default;
            var table = new Table { Border = console.OutputIsTerminal ? TableBorder.Rounded : TableBorder.Ascii, UseSafeBorder = true };
            table.AddColumns("feature", "value");
            if (metadata)
            {
                table.AddColumns("view", "status", "event_timestamp", "expires_at", "age");
            }

            foreach (var (name, value) in Rows(features, known))
            {
                string[] cells = [FeatureText.Name(name), value is { } present ? FeatureText.Value(present) : ""];
                table.AddRow((metadata ? [.. cells, .. Known(known, name)] : cells).Select(cell => new Text(cell)));
            }

            var results = console.Results();
            results.Write(new Text(TerminalText.VisibleLine(Entity(reply)) + "\n", new Style(decoration: Decoration.Bold)));
            results.Write(table);
        }
    }

    /// <summary>The features that have a value, then those of which only something is known.</summary>
    private static IEnumerable<(string Name, JsonElement? Value)> Rows(JsonElement features, JsonElement known)
    {
        var live = new HashSet<string>();
        foreach (var feature in features.EnumerateObject())
        {
            live.Add(feature.Name);
            yield return (feature.Name, feature.Value);
        }

        if (known.ValueKind != JsonValueKind.Object)
        {
            yield break;
        }

        foreach (var other in known.EnumerateObject().Where(other => !live.Contains(other.Name)))
        {
            yield return (other.Name, null);
        }
    }

    private static IEnumerable<string> Known(JsonElement known, string feature)
    {
        var of = known.ValueKind == JsonValueKind.Object && known.TryGetProperty(feature, out var found) ? found : default;
        var present = of.ValueKind == JsonValueKind.Object && of.TryGetProperty("status", out var status) && status.ValueEquals("PRESENT"u8);
        foreach (var member in (string[])["view", "status", "event_timestamp", "expires_at"])
        {
            yield return of.ValueKind != JsonValueKind.Object || !of.TryGetProperty(member, out var value) ? ""
                : value.ValueKind != JsonValueKind.Null ? FeatureText.Value(value)
                : member == "expires_at" && present ? "never"
                : "";
        }

        yield return Age(of);
    }

    /// <summary>How old a value is, and whether that is more than its view expects.</summary>
    private static string Age(JsonElement known) =>
        known.ValueKind == JsonValueKind.Object && known.TryGetProperty("age_seconds", out var age) && age.ValueKind == JsonValueKind.Number
            ? $"{age.GetRawText()} s{(known.TryGetProperty("stale", out var stale) && stale.ValueKind == JsonValueKind.True ? ", stale" : "")}"
            : "";

    private static string Entity(JsonElement reply) =>
        reply.TryGetProperty("entity_id", out var id) && id.ValueKind == JsonValueKind.String ? id.GetString()!
        : reply.TryGetProperty("keys", out var keys) && keys.ValueKind == JsonValueKind.Array
            ? string.Join('/', keys.EnumerateArray())
            : "";

    private static CommandFailedException NotTheService(ServiceEndpoint service) =>
        new($"{service.Address} does not answer as {service.Name} does. Check --endpoint.");
}
