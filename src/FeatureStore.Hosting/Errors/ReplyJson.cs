using System.Text.Encodings.Web;
using System.Text.Json;

namespace FeatureStore.Hosting.Errors;

/// <summary>How replies are written: as JSON that a person reads, quotes and umlauts as they are.</summary>
public static class ReplyJson
{
    /// <summary>Replies are never embedded in HTML, so nothing but JSON's own syntax is escaped.</summary>
    public static JsonWriterOptions Options { get; } = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };
}
