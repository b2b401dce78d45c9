using FeatureStore.Model;

namespace FeatureStore.Cli.Ingest;

/// <summary>What becomes of the times of rows: sent as they are, or moved so that the newest is now.</summary>
internal sealed class EventTimes
{
    private Timestamp? _newest;

    private EventTimes(bool rebases) => Rebases = rebases;

    /// <summary>Whether times are moved; a first pass over all files must find the newest, unless it was found before.</summary>
    public bool Rebases { get; }

    /// <summary>How far times are moved, in microseconds, once that is known.</summary>
    public long? ShiftMicroseconds { get; private set; }

    public static EventTimes AsTheyAre() => new(rebases: false);

    public static EventTimes Rebased() => new(rebases: true);

    /// <summary>Ends the first pass: from here on times are moved.</summary>
    /// <returns>How far they are moved.</returns>
    public TimeSpan MoveNewestTo(DateTimeOffset now)
    {
        // Whole milliseconds: what had no fraction of a millisecond has none afterwards.
        var to = now.ToUnixTimeMilliseconds() * 1000;
        MoveBy(_newest is { } newest ? to - newest.Microseconds : 0);
        return TimeSpan.FromMicroseconds(ShiftMicroseconds!.Value);
    }

    /// <summary>Moves times as far as an earlier run did.</summary>
    public void MoveBy(long microseconds) => ShiftMicroseconds = microseconds;

    /// <summary>The text to send for a time, or null when the text is no time.</summary>
    public string? Map(string text)
    {
        if (!Timestamp.TryParse(text, out var time))
        {
            return null;
        }

        return Rebases ? Map(time) : text;
    }

    /// <summary>The text to send for a time.</summary>
    /// <remarks>
    /// A created time counts towards the newest and moves along: the distance between when a fact was true and when
    /// it became known stays, and neither ends up in the future.
    /// </remarks>
    public string Map(Timestamp time)
    {
        if (Rebases && ShiftMicroseconds is { } shift)
        {
            return new Timestamp(time.Microseconds + shift).ToString();
        }

        _newest = _newest is { } newest ? Timestamp.Max(newest, time) : time;
        return time.ToString();
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
