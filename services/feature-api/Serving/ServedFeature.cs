using System.Buffers;
using System.Text.Json;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Serving;

/// <summary>One feature of a reply.</summary>
/// <param name="Name">The name under which it is served: the feature's own, or <c>view__feature</c> where views share it.</param>
/// <param name="View">The view that it comes from.</param>
/// <param name="Value">What is known of it.</param>
internal readonly record struct ServedFeature(ReadOnlyMemory<byte> Name, QueriedView View, ServedValue Value);

/// <summary>What is known of a feature at an instant.</summary>
/// <param name="Status">Whether there is a value.</param>
/// <param name="Text">The value's stored JSON text; empty where there is none to serve.</param>
/// <param name="IsVector">Whether the text is that of <see cref="VectorText"/>.</param>
/// <param name="Stamp">When the value was true, or when it was deleted; null where nothing is known.</param>
/// <param name="Expiry">Until when the value is served.</param>
internal readonly record struct ServedValue(FeatureStatus Status, ReadOnlyMemory<byte> Text, bool IsVector, Stamp? Stamp, Timestamp Expiry)
{
    /// <summary>Nothing is known.</summary>
    public static ServedValue Missing { get; } = new(FeatureStatus.NotFound, default, false, null, Timestamp.Never);

    public bool IsLive => Status is FeatureStatus.Present or FeatureStatus.NullValue;

    /// <summary>Whether there is a text to serve: a value, a stored null, or a default that fills in.</summary>
    public bool HasText => !Text.IsEmpty;

    /// <summary>What an entry of a stored row says at an instant.</summary>
    public static ServedValue Of(in FeatureEntry entry, Timestamp now)
    {
        var status = entry.Kind switch
        {
            EntryKind.Deleted => FeatureStatus.NotFound,
            EntryKind.Expired => FeatureStatus.OutsideMaxAge,
            _ when entry.Expiry <= now => FeatureStatus.OutsideMaxAge,
            _ when entry.Value.Span.SequenceEqual("null"u8) => FeatureStatus.NullValue,
            _ => FeatureStatus.Present,
        };
        var isLive = status is FeatureStatus.Present or FeatureStatus.NullValue;
        return new ServedValue(status, isLive ? entry.Value : default, isLive && entry.IsVector, entry.Stamp, entry.Expiry);
    }

    /// <summary>A value that lives.</summary>
    public static ServedValue Live(ReadOnlyMemory<byte> text, Stamp stamp, Timestamp expiry) =>
        new(text.Span.SequenceEqual("null"u8) ? FeatureStatus.NullValue : FeatureStatus.Present, text, false, stamp, expiry);

    /// <summary>The same with a feature's default in place of a value that is missing, expired or null.</summary>
    public ServedValue OrDefault(Feature? declared) => Status != FeatureStatus.Present && declared?.Default is { } value
        ? this with { Text = System.Text.Encoding.UTF8.GetBytes(value), IsVector = false }
        : this;

    /// <summary>Whether a value is older than its view expects; null where it expects nothing, or there has been no value since a deletion.</summary>
    public bool? IsStale(TimeSpan? expected, Timestamp now) => expected is { } most && Stamp is { } stamp && Status != FeatureStatus.NotFound
        ? ReplyTime.Age(stamp.Event, now) > most
        : null;

    /// <summary>Writes the value's JSON text; null where there is none to serve.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        if (IsVector)
        {
            VectorText.Expand(Text.Span, output);
        }
        else
        {
            output.Write(Text.IsEmpty ? "null"u8 : Text.Span);
        }
    }

    /// <summary>Writes the value as JSON; null where there is none to serve.</summary>
    public void Write(Utf8JsonWriter json)
    {
        if (Text.IsEmpty)
        {
            json.WriteNullValue();
        }
        else if (IsVector)
        {
            json.WriteRawValue(VectorText.Expand(Text.Span).Span, skipInputValidation: true);
        }
        else
        {
            json.WriteRawValue(Text.Span, skipInputValidation: true);
        }
    }
}
