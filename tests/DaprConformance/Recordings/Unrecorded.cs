using System.IO.Enumeration;
using System.Text.Json;

namespace FeatureStore.DaprConformance.Recordings;

/// <summary>What the recorder did between two steps without recording it, worked out from what the steps show.</summary>
/// <param name="Before">The step that needs it; * stands for anything.</param>
/// <param name="Request">The request in full, where the recording leaves some of it out.</param>
/// <param name="Calls">HTTP calls: method, path and, if any, body.</param>
/// <param name="Redis">Commands to Redis.</param>
/// <param name="ETags">Volatile names of the ETags that keys of the store have by then.</param>
/// <param name="After">A step since which time must have passed.</param>
/// <param name="Milliseconds">How much time.</param>
public sealed record Unrecorded(
    string Before,
    JsonElement? Request,
    List<List<string>>? Calls,
    List<List<string>>? Redis,
    Dictionary<string, string>? ETags,
    string? After,
    int Milliseconds)
{
    public bool IsFor(Step step) => FileSystemName.MatchesSimpleExpression(Escape(Before), step.Name, ignoreCase: false);

    // Step names hold characters that are special in expressions, except for *.
    private static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal);
}
