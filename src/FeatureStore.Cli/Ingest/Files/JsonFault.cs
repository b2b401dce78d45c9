using System.Text.Json;

namespace FeatureStore.Cli.Ingest;

/// <summary>Says what is wrong with JSON without the parser's own position, which counts from elsewhere.</summary>
internal static class JsonFault
{
    public static string Reason(JsonException e)
    {
        var message = e.Message;
        var position = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return position < 0 ? message : message[..position];
    }
}
