namespace FeatureStore.Faults.Rows;

/// <summary>Makes one writer's rows: which they are follows from the seed, only their timestamps from the clock.</summary>
/// <remarks>
/// Features whose name begins with e are always written with a short ttl and the others never: an expired value's stamp is
/// kept for a limited time only, after which an older value without a ttl would rightly come back.
/// </remarks>
internal sealed class RowGenerator(int seed, int writer, TimeProvider time)
{
    private const int HotEntities = 6;
    private const int ColdEntities = 2000;

    private static readonly string[] Lasting = ["s0", "s1", "s2", "s3", "n0", "n1"];
    private static readonly string[] Fleeting = ["e0", "e1"];

    private readonly Random _random = new((seed * 1000) + writer);
    private long _made;

    /// <summary>The clock, in microseconds since 1970.</summary>
    public static long Now(TimeProvider time) => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>An entity that many writers want, one of many, or one that only ever has values that expire.</summary>
    public static string Entity(Random random, TimeProvider time) => random.Next(100) switch
    {
        < 45 => $"hot{random.Next(HotEntities)}",
        < 60 => FleetingEntity(random.Next(4, 6), Now(time) / 3_000_000),
        _ => $"cold{random.Next(ColdEntities)}",
    };

    /// <summary>
    /// One that is written for three seconds of every twelve or fifteen: what is stored of it leaves the store meanwhile, a
    /// little before it is written again or a little after.
    /// </summary>
    private static string FleetingEntity(int cycle, long now) => $"fleeting{cycle}{(char)('a' + (now % cycle))}";

    public WrittenRow Next()
    {
        var now = Now(time);
        var id = (writer * 10_000_000L) + ++_made;
        if (_random.Next(100) < 2)
        {
            // What stamp it gets only the store knows, so nothing else is written there.
            return new WrittenRow(id, $"once{id}", RowKind.Merge, Some(Lasting, 1), default, null);
        }

        var entity = Entity(_random, time);
        var (kind, features, ttl) = entity[0] == 'f' ? (RowKind.Merge, Some(Fleeting, 1), _random.Next(1, 4)) : Content();
        var stamp = kind == RowKind.Merge && _random.Next(100) < 85
            ? now - _random.Next(1_000_000)
            : now - _random.Next(kind == RowKind.Merge ? 20_000_000 : 3_000_000);
        var created = now;
        if (_random.Next(5) == 0)
        {
            // Coarse clocks: different rows with the same stamps.
            stamp -= stamp % 100_000;
            created = stamp;
        }

        return new WrittenRow(id, entity, kind, features, new RowStamp(stamp, created), ttl);
    }

    private (RowKind Kind, string[] Features, int? Ttl) Content() => _random.Next(1000) switch
    {
        < 25 => (RowKind.Replace, Some(Lasting, 0), null),
        < 45 => (RowKind.Delete, Some(Lasting, 1), null),
        < 60 => (RowKind.Delete, [], null),
        < 250 => (RowKind.Merge, Some(Fleeting, 1), _random.Next(1, 5)),
        _ => (RowKind.Merge, Some(Lasting, 1), null),
    };

    private string[] Some(string[] of, int least)
    {
        var names = of.ToArray();
        _random.Shuffle(names);
        return [.. names.Take(_random.Next(least, of.Length + 1)).Order(StringComparer.Ordinal)];
    }
}
