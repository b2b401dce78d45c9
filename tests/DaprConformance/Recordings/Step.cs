using System.Text.Json;

namespace FeatureStore.DaprConformance.Recordings;

/// <summary>One recorded step: a call and what came of it, or an observation.</summary>
public sealed class Step(string file, int number, JsonElement json)
{
    public string File => file;

    public int Number => number;

    public JsonElement Json => json;

    public string Name { get; } = json.GetProperty("name").GetString()!;

    public JsonElement? Request => Find("request");

    public JsonElement? Response => Find("response");

    public JsonElement? Find(string member) => json.TryGetProperty(member, out var value) ? value : null;

    public override string ToString() => $"{file} {number} \"{Name}\"";
}
