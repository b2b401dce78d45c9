using System.Globalization;

namespace FeatureStore.DevSidecar.State;

/// <summary>The metadata field ttlInSeconds, in the dialects of the stores.</summary>
internal static class StateTtl
{
    public const string MetadataName = "ttlInSeconds";

    /// <summary>Null when there is none; otherwise seconds, where zero and less mean no expiry.</summary>
    public static long? Parse(string? text, string parser = "ParseInt", string errorPrefix = "")
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds)
            ? seconds
            : throw StateStoreException.Failed($"{errorPrefix}strconv.{parser}: parsing \"{text}\": invalid syntax");
    }
}
