using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Resident;

/// <summary>A part of <see cref="RowMemory"/>: a log of records in segments, and an index into it. To be used under its lock.</summary>
/// <remarks>
/// A record is written behind the last one; one that is replaced stays as waste until its segment is cleaned. When there is no
/// room, the segment with the most waste is cleaned by moving on what is still held; without much waste, the oldest segment is,
/// and moves on only what was read since it was last moved. Segments are few, large and long-lived, so that the garbage
/// collector has nothing to do, and what is taken is what was allocated.
/// </remarks>
internal sealed class RowShard
{
    private const int Alignment = 16;
    private const int LeastSegmentBytes = 32 * 1024;
    private const int MostSegmentBytes = 1024 * 1024;
    private const int SegmentsPerShard = 32;
    private const int LeastSlots = 64;

    /// <summary>One to write into, one to clean into, and one that is full.</summary>
    private const int LeastSegments = 3;

    /// <summary>How many segments may be moved on whole for one row.</summary>
    private const int MostMoved = SegmentsPerShard / 2;

    private readonly long _budget;
    private readonly int _segmentBytes;
    private readonly List<Segment> _segments = [];
    private readonly LinkedList<int> _full = new();
    private readonly Stack<int> _free = new();

    /// <summary>Numbers of segments whose memory was given back.</summary>
    private readonly Stack<int> _released = new();

    /// <summary>Open addressing: the upper half is the key's hash, the lower the record's place + 1; 0 is empty.</summary>
    private ulong[] _slots = new ulong[LeastSlots];
    private int _current = -1;

    /// <param name="budget">The most bytes.</param>
    public RowShard(long budget)
    {
        _budget = budget;
        _segmentBytes = (int)Math.Clamp(budget / SegmentsPerShard / Alignment * Alignment, LeastSegmentBytes, MostSegmentBytes);
    }

    /// <summary>Guards the shard.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Rows that are being read from the online store, by key.</summary>
    public Dictionary<string, RowFill> Fills { get; } = new(StringComparer.Ordinal);

    /// <summary>The bytes taken by segments and index.</summary>
    public long Bytes => ((long)Allocated * _segmentBytes) + IndexBytes;

    public int Count { get; private set; }

    public long Evictions { get; private set; }

    private int Allocated => _segments.Count - _released.Count;

    private long IndexBytes => (long)_slots.Length * sizeof(ulong);

    private long MostSegments => Math.Max(LeastSegments, (_budget - IndexBytes) / _segmentBytes);

    /// <summary>How many segments can be begun without cleaning one.</summary>
    private long Available => _free.Count + MostSegments - Allocated;

    /// <summary>Finds a row.</summary>
    /// <returns>False if it is not held.</returns>
    public bool TryFind(uint hash, ReadOnlySpan<byte> key, out ResidentRow row)
    {
        if (SlotOf(hash, key) is >= 0 and var slot)
        {
            row = At(_slots[slot]);
            return true;
        }

        row = default;
        return false;
    }

    /// <summary>Holds a row, in place of what was held of its key.</summary>
    /// <param name="hash">The key's hash.</param>
    /// <param name="key">The key.</param>
    /// <param name="document">The document; empty for a row that the store does not have. Not memory of this shard.</param>
    /// <param name="generation">The generation as of which it is current.</param>
    /// <returns>False if it is too large to be held; then nothing of its key is.</returns>
    /// <exception cref="StoredRowFormatException">The document is no stored row that this version can read.</exception>
    public bool Put(uint hash, ReadOnlySpan<byte> key, ReadOnlyMemory<byte> document, int generation)
    {
        var outline = document.IsEmpty ? default : StoredRowReader.Outline(document);
        var length = (ResidentRow.HeaderBytes + key.Length + document.Length + Alignment - 1) / Alignment * Alignment;
        var wasRead = false;
        if (SlotOf(hash, key) is >= 0 and var slot)
        {
            var held = At(_slots[slot]);
            wasRead = held.WasRead;
            if (held.Capacity == length)
            {
                held.Write(length, hash, key, document.Span, outline, generation, wasRead);
                return true;
            }

            LetGo(slot);
        }

        if (length > _segmentBytes / 2)
        {
            return false;
        }

        GrowIndex();
        for (var begun = 0; _current < 0 || _segments[_current].Used + length > _segmentBytes; begun++)
        {
            // All of the oldest rows may have been read lately; but one row must not have the whole shard moved on.
            BeginSegment(most: begun < MostMoved ? _segmentBytes : _segmentBytes / 2);
        }

        var place = Append(length);
        At(place).Write(length, hash, key, document.Span, outline, generation, wasRead);
        Insert(Entry(hash, place));
        Count++;
        return true;
    }

    /// <summary>Lets go of a row.</summary>
    public void Remove(uint hash, ReadOnlySpan<byte> key)
    {
        if (SlotOf(hash, key) is >= 0 and var slot)
        {
            LetGo(slot);
        }
    }

    private void LetGo(int slot)
    {
        var row = At(_slots[slot]);
        row.IsDead = true;
        _segments[SegmentOf(_slots[slot])].Wasted += row.Capacity;
        RemoveSlot(slot);
        Count--;
    }

    /// <summary>Begins another segment; one is always kept to clean into.</summary>
    /// <param name="most">The most bytes to move on from the oldest segment, should it have to be cleaned.</param>
    private void BeginSegment(int most)
    {
        if (_current >= 0)
        {
            _full.AddLast(_current);
        }

        _current = NewSegment();
        if (Available <= 0)
        {
            Clean(most);
        }
    }

    private int NewSegment()
    {
        if (_free.TryPop(out var free))
        {
            return free;
        }

        var segment = new Segment(GC.AllocateUninitializedArray<byte>(_segmentBytes));
        if (_released.TryPop(out var number))
        {
            _segments[number] = segment;
            return number;
        }

        _segments.Add(segment);
        return _segments.Count - 1;
    }

    /// <summary>Frees a full segment by moving on, into the new one, what of it is to be held on to.</summary>
    /// <param name="most">The most bytes to move on from the oldest segment; 0 to let go of all that it holds.</param>
    private void Clean(int most)
    {
        var number = most > 0 ? MostWasted() : -1;
        var isWasteful = number >= 0;
        number = isWasteful ? number : _full.First!.Value;
        _full.Remove(number);
        var victim = _segments[number];
        var moved = 0;
        for (var offset = 0; offset < victim.Used;)
        {
            var row = new ResidentRow(victim.Bytes, offset);
            var length = row.Capacity;
            if (!row.IsDead)
            {
                var slot = SlotOf(Entry(row.Hash, PlaceOf(number, offset)));
                if (isWasteful || (row.WasRead && moved + length <= most))
                {
                    row.WasRead &= isWasteful;
                    var place = Append(length);
                    victim.Bytes.AsSpan(offset, length).CopyTo(_segments[_current].Bytes.AsSpan(OffsetOf(place)));
                    _slots[slot] = Entry(row.Hash, place);
                    moved += length;
                }
                else
                {
                    RemoveSlot(slot);
                    Count--;
                    Evictions++;
                }
            }

            offset += length;
        }

        (victim.Used, victim.Wasted) = (0, 0);
        _free.Push(number);
    }

    /// <summary>The full segment with the most waste; -1 where none has enough to be worth it.</summary>
    private int MostWasted()
    {
        var (most, number) = ((_segmentBytes / 4) - 1, -1);
        foreach (var full in _full)
        {
            if (_segments[full].Wasted > most)
            {
                (most, number) = (_segments[full].Wasted, full);
            }
        }

        return number;
    }

    private uint Append(int length)
    {
        var segment = _segments[_current];
        var place = PlaceOf(_current, segment.Used);
        segment.Used += length;
        return place;
    }

    private void GrowIndex()
    {
        if ((Count + 1) * 4L <= _slots.Length * 3L)
        {
            return;
        }

        var before = _slots;
        _slots = new ulong[before.Length * 2];
        foreach (var entry in before)
        {
            if (entry != 0)
            {
                Insert(entry);
            }
        }

        // A larger index leaves less for segments.
        while (Allocated > MostSegments && (_free.Count > 0 || _full.Count > 0))
        {
            if (_free.Count == 0)
            {
                Clean(most: 0);
            }

            var number = _free.Pop();
            _segments[number] = Segment.Released;
            _released.Push(number);
        }

        if (Available <= 0 && _full.Count > 0)
        {
            // The one to clean into went, too.
            Clean(most: 0);
        }
    }

    private void Insert(ulong entry)
    {
        var mask = _slots.Length - 1;
        var at = (int)(entry >> 32) & mask;
        while (_slots[at] != 0)
        {
            at = (at + 1) & mask;
        }

        _slots[at] = entry;
    }

    private int SlotOf(uint hash, ReadOnlySpan<byte> key)
    {
        var mask = _slots.Length - 1;
        for (var at = (int)hash & mask; _slots[at] != 0; at = (at + 1) & mask)
        {
            if ((uint)(_slots[at] >> 32) == hash && At(_slots[at]).Key.SequenceEqual(key))
            {
                return at;
            }
        }

        return -1;
    }

    private int SlotOf(ulong entry)
    {
        var mask = _slots.Length - 1;
        var at = (int)(entry >> 32) & mask;
        while (_slots[at] != entry)
        {
            at = (at + 1) & mask;
        }

        return at;
    }

    /// <summary>Empties a slot, and moves those behind it up that would not be found beyond the gap.</summary>
    private void RemoveSlot(int slot)
    {
        var mask = _slots.Length - 1;
        var gap = slot;
        for (var at = (slot + 1) & mask; _slots[at] != 0; at = (at + 1) & mask)
        {
            var home = (int)(_slots[at] >> 32) & mask;
            if (((at - home) & mask) >= ((at - gap) & mask))
            {
                _slots[gap] = _slots[at];
                gap = at;
            }
        }

        _slots[gap] = 0;
    }

    private static ulong Entry(uint hash, uint place) => ((ulong)hash << 32) | (place + 1);

    private uint PlaceOf(int segment, int offset) => (uint)((segment * (_segmentBytes / Alignment)) + (offset / Alignment));

    private int SegmentOf(ulong entry) => (int)(((uint)entry - 1) / (uint)(_segmentBytes / Alignment));

    private int OffsetOf(uint place) => (int)(place % (uint)(_segmentBytes / Alignment)) * Alignment;

    private ResidentRow At(ulong entry) => At((uint)entry - 1);

    private ResidentRow At(uint place) => new(_segments[(int)(place / (uint)(_segmentBytes / Alignment))].Bytes, OffsetOf(place));

    private sealed class Segment(byte[] bytes)
    {
        public static Segment Released { get; } = new([]);

        public byte[] Bytes => bytes;

        public int Used { get; set; }

        public int Wasted { get; set; }
    }
}
