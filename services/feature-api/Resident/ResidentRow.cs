using System.Buffers.Binary;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Resident;

/// <summary>A row as it lies in memory: a header, the key, the document. Valid under the lock of its shard alone.</summary>
/// <param name="segment">The segment that it lies in.</param>
/// <param name="offset">Where in it.</param>
internal readonly struct ResidentRow(byte[] segment, int offset)
{
    /// <summary>The bytes before the key.</summary>
    public const int HeaderBytes = 56;

    private const byte Dead = 1;
    private const byte Read = 2;

    /// <summary>The bytes that it takes, the header included.</summary>
    public int Capacity => BinaryPrimitives.ReadInt32LittleEndian(Header);

    public uint Hash => BinaryPrimitives.ReadUInt32LittleEndian(Header[4..]);

    /// <summary>The generation as of which it is current.</summary>
    public int Generation => BinaryPrimitives.ReadInt32LittleEndian(Header[8..]);

    public ReadOnlySpan<byte> Key => segment.AsSpan(offset + HeaderBytes, KeyLength);

    /// <summary>The document; empty for a row that the store does not have.</summary>
    public ReadOnlyMemory<byte> Document => segment.AsMemory(offset + HeaderBytes + KeyLength, BinaryPrimitives.ReadInt32LittleEndian(Header[12..]));

    /// <summary>The document's features: one JSON object.</summary>
    public ReadOnlySpan<byte> Features => Document.Span.Slice(
        BinaryPrimitives.ReadInt32LittleEndian(Header[24..]), BinaryPrimitives.ReadInt32LittleEndian(Header[28..]));

    /// <summary>Until when the features can be copied as they stand.</summary>
    public Timestamp CopyableUntil => new(BinaryPrimitives.ReadInt64LittleEndian(Header[32..]));

    /// <summary>The event timestamp that most features share.</summary>
    public Timestamp EventTimestamp => new(BinaryPrimitives.ReadInt64LittleEndian(Header[40..]));

    /// <summary>When the store has forgotten the row.</summary>
    public Timestamp KeptUntil => new(BinaryPrimitives.ReadInt64LittleEndian(Header[48..]));

    /// <summary>The number of the registry by which all features may be served; 0 where none was asked.</summary>
    public int ServableBy
    {
        get => BinaryPrimitives.ReadInt32LittleEndian(Header[20..]);
        set => BinaryPrimitives.WriteInt32LittleEndian(Header[20..], value);
    }

    /// <summary>Whether another record has taken its place.</summary>
    public bool IsDead
    {
        get => (Header[18] & Dead) != 0;
        set => Header[18] = (byte)(value ? Header[18] | Dead : Header[18] & ~Dead);
    }

    /// <summary>Whether it was read since it was last looked at for room.</summary>
    public bool WasRead
    {
        get => (Header[18] & Read) != 0;
        set => Header[18] = (byte)(value ? Header[18] | Read : Header[18] & ~Read);
    }

    private int KeyLength => BinaryPrimitives.ReadUInt16LittleEndian(Header[16..]);

    private Span<byte> Header => segment.AsSpan(offset, HeaderBytes);

    /// <summary>Writes it where nothing is, or over itself.</summary>
    public void Write(int capacity, uint hash, ReadOnlySpan<byte> key, ReadOnlySpan<byte> document, in StoredRowOutline outline, int generation, bool wasRead)
    {
        var header = Header;
        BinaryPrimitives.WriteInt32LittleEndian(header, capacity);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], hash);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], generation);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], document.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(header[16..], (ushort)key.Length);
        header[18] = wasRead ? Read : (byte)0;
        BinaryPrimitives.WriteInt32LittleEndian(header[20..], 0);
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], outline.FeaturesStart);
        BinaryPrimitives.WriteInt32LittleEndian(header[28..], outline.FeaturesLength);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], outline.CopyableUntil.Microseconds);
        BinaryPrimitives.WriteInt64LittleEndian(header[40..], outline.EventTimestamp.Microseconds);
        BinaryPrimitives.WriteInt64LittleEndian(header[48..], outline.KeptUntil.Microseconds);
        key.CopyTo(segment.AsSpan(offset + HeaderBytes));
        document.CopyTo(segment.AsSpan(offset + HeaderBytes + key.Length));
    }
}
