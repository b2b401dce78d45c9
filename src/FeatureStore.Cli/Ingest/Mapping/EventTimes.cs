using FeatureStore.Model;

namespace FeatureStore.Cli.Ingest;

/// <summary>What becomes of the times of rows: sent as they are, or moved so that the newest is now.</summary>
internal sealed class EventTimes
{
    private Timestamp? _newest;
    private long? _shiftMicroseconds;

    private EventTimes(bool rebases) => Rebases = rebases;

    /// <summary>Whether a first pass over all files must find the newest time.</summary>
    public bool Rebases { get; }

    public static EventTimes AsTheyAre() => new(rebases: false);

    public static EventTimes Rebased() => new(rebases: true);

    /// <summary>Ends the first pass: from here on times are moved.</summary>
    /// <returns>How far they are moved.</returns>
    public TimeSpan MoveNewestTo(DateTimeOffset now)
    {
        // Whole milliseconds: what had no fraction of a millisecond has none afterwards.
        var to = now.ToUnixTimeMilliseconds() * 1000;
        _shiftMicroseconds = _newest is { } newest ? to - newest.Microseconds : 0;
        return TimeSpan.FromMicroseconds(_shiftMicroseconds.Value);
    }

    /// <summary>The text to send for a time, or null when the text is no time.</summary>
    /// <remarks>
    /// A created time counts towards the newest and moves along: the distance between when a fact was true and when
    /// it became known stays, and neither ends up in the future.
    /// </remarks>
    public string? Map(string text)
    {
        if (!Timestamp.TryParse(text, out var time))
        {
            return null;
        }

        if (!Rebases)
        {
            return text;
        }

        if (_shiftMicroseconds is { } shift)
        {
            return new Timestamp(time.Microseconds + shift).ToString();
        }

        _newest = _newest is { } newest ? Timestamp.Max(newest, time) : time;
        return text;
    }

    /// <summary>What is wrong with a text that is no time.</summary>
    public static string Fault(string name, string text)
    {
        var shown = text.Length > 40 ? text[..40] + "…" : text;
        var zone = Timestamp.TryParse(text + "Z", out _) || Timestamp.TryParse(text + ":00Z", out _)
            ? $"\"{shown}\" has no zone. Add Z if it is UTC, or an offset such as +02:00."
            : $"\"{shown}\" is not {Timestamp.Expected}.";
        return $"Column {name}: {zone}";
    }
}
