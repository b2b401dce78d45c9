using System.CommandLine.Parsing;
using System.Globalization;
using FeatureStore.DevSidecar.Resources;

namespace FeatureStore.DevSidecar.CommandLine;

/// <summary>Values of flags in daprd's notations.</summary>
internal static class FlagValues
{
    private static readonly (string Suffix, long Factor)[] Sizes =
    [
        ("Ki", 1L << 10), ("Mi", 1L << 20), ("Gi", 1L << 30), ("k", 1_000), ("M", 1_000_000), ("G", 1_000_000_000), ("", 1),
    ];

    /// <summary>A Kubernetes quantity such as 4Mi.</summary>
    public static long Size(ArgumentResult result)
    {
        var text = Text(result);
        var (suffix, factor) = Sizes.First(s => text.EndsWith(s.Suffix, StringComparison.Ordinal));
        if (long.TryParse(text[..^suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
        {
            return number * factor;
        }

        result.AddError($"'{text}' is not a size such as 4Mi");
        return 0;
    }

    /// <summary>A Go duration, or a number of seconds.</summary>
    public static TimeSpan Seconds(ArgumentResult result) => Duration(result, TimeSpan.FromSeconds(1));

    /// <summary>A Go duration, or a number of milliseconds.</summary>
    public static TimeSpan Milliseconds(ArgumentResult result) => Duration(result, TimeSpan.FromMilliseconds(1));

    /// <summary>Pairs such as app=http://127.0.0.1:3501.</summary>
    public static Dictionary<string, Uri> Peers(ArgumentResult result)
    {
        var peers = new Dictionary<string, Uri>();
        foreach (var token in result.Tokens)
        {
            var parts = token.Value.Split('=', 2);
            if (parts.Length == 2 && Uri.TryCreate(parts[1], UriKind.Absolute, out var address))
            {
                peers[parts[0]] = address;
            }
            else
            {
                result.AddError($"'{token.Value}' is not a peer such as app=http://127.0.0.1:3501");
            }
        }

        return peers;
    }

    private static TimeSpan Duration(ArgumentResult result, TimeSpan unit)
    {
        var text = Text(result);
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return unit * number;
        }

        if (GoDuration.TryParse(text, out var duration))
        {
            return duration;
        }

        result.AddError($"'{text}' is not a duration");
        return default;
    }

    private static string Text(ArgumentResult result) => result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
}
