using FeatureStore.Model;

namespace FeatureStore.Cli;

/// <summary>Lengths of time as options of the command line.</summary>
internal static class Durations
{
    public static TimeSpan Parse(string text, string option)
    {
        if (Duration.TryParse(text, out var duration))
        {
            return duration;
        }

        var hint = text.All(char.IsAsciiDigit) && text.Length > 0 ? $" Did you mean {text}s?" : "";
        throw new UsageException($"{option}: \"{text}\" is no length of time up to 100 years. Write {Duration.Expected}.{hint}");
    }
}
