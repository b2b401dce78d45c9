using System.Text.Json;

namespace FeatureStore.Client;

/// <summary>Reads what replies have in common.</summary>
internal static class ReplyJson
{
    public static FeatureStatus Status(JsonElement status) => status.GetString() switch
    {
        "PRESENT" => FeatureStatus.Present,
        "NULL_VALUE" => FeatureStatus.NullValue,
        "NOT_FOUND" => FeatureStatus.NotFound,
        "OUTSIDE_MAX_AGE" => FeatureStatus.OutsideMaxAge,
        _ => FeatureStatus.Unknown,
    };

    public static DateTimeOffset? Time(JsonElement json, string member) => json.TryGetProperty(member, out var time) ? Time(time) : null;

    public static DateTimeOffset? Time(JsonElement time) => time.ValueKind == JsonValueKind.Null ? null : time.GetDateTimeOffset();

    public static TimeSpan? Seconds(JsonElement seconds) =>
        seconds.ValueKind == JsonValueKind.Null ? null : TimeSpan.FromSeconds(seconds.GetDouble());
}
