using System.Globalization;
using System.Text;

namespace FeatureStore.Client;

/// <summary>The target of a request, such as <c>/features?…</c>, each value escaped.</summary>
internal sealed class TargetQuery(string path = "/features")
{
    private readonly StringBuilder _target = new(path);

    public void Add(string name, string? value)
    {
        if (value is not null)
        {
            _target.Append(_target.Length == path.Length ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }

    public void Add(string name, IReadOnlyList<string> values)
    {
        foreach (var value in values)
        {
            Add(name, value);
        }
    }

    public void Add(string name, DateTimeOffset? time) => Add(name, time is { } given ? Text(given) : null);

    public override string ToString() => _target.ToString();

    /// <summary>A time as the services write it: RFC 3339 in UTC, to the microsecond.</summary>
    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>A duration in seconds, to the millisecond.</summary>
    public static string Seconds(TimeSpan duration) => duration.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
}
