using System.Globalization;
using System.Text.Unicode;
using Apache.Arrow;
using Apache.Arrow.Arrays;
using Apache.Arrow.Types;
using FeatureStore.Model;

namespace FeatureStore.Cli.Ingest;

/// <summary>Writes values of Arrow columns as JSON that says exactly the same.</summary>
/// <remarks>
/// Whole numbers and decimals keep every digit; a floating-point number is the shortest text that reads back as the same,
/// with a decimal point or an exponent. Not-a-number is null, which is what data frames mean by it; infinity is refused.
/// Times are UTC, RFC 3339, to the microsecond; bytes are base64; structs and maps are objects.
/// </remarks>
internal sealed class ArrowValueWriter(RowBuilder row)
{
    /// <summary>Why a value written since <see cref="Begin"/> is none that can be sent; null if all can.</summary>
    public string? Fault { get; private set; }

    /// <summary>Begins a row.</summary>
    public void Begin() => Fault = null;

    /// <summary>Writes one value.</summary>
    /// <param name="array">The column.</param>
    /// <param name="index">The row of it.</param>
    /// <param name="declared">The type that the view declares, if it does: a date becomes a time where one is expected.</param>
    public void Write(IArrowArray array, int index, FeatureType? declared)
    {
        if (array.IsNull(index))
        {
            row.Raw("null"u8);
            return;
        }

        switch (array)
        {
            case DoubleArray doubles:
                Number(doubles.Values[index]);
                break;
            case Int64Array longs:
                Whole(longs.Values[index]);
                break;
            case StringArray or LargeStringArray or StringViewArray:
                Text(Bytes(array, index));
                break;
            case FloatArray floats:
                Number(floats.Values[index]);
                break;
            case Int32Array ints:
                Whole(ints.Values[index]);
                break;
            case BooleanArray bools:
                row.Raw(bools.GetValue(index) == true ? "true"u8 : "false"u8);
                break;
            case TimestampArray times:
                Time(ArrowTimes.Microseconds(times, index));
                break;
            case ListArray and not MapArray or LargeListArray or FixedSizeListArray or ListViewArray or LargeListViewArray:
                List(array, index, declared is { IsList: true } list ? new FeatureType(list.Scalar) : null);
                break;
            default:
                WriteOther(array, index, declared);
                break;
        }
    }

    /// <summary>The bytes of a text or of bytes.</summary>
    public static ReadOnlySpan<byte> Bytes(IArrowArray array, int index) => array switch
    {
        BinaryArray bytes => bytes.GetBytes(index),
        LargeBinaryArray bytes => bytes.GetBytes(index),
        BinaryViewArray bytes => bytes.GetBytes(index),
        FixedSizeBinaryArray bytes => bytes.GetBytes(index),
        _ => throw new InvalidOperationException($"{array.Data.DataType.Name} has no bytes."),
    };

    private void WriteOther(IArrowArray array, int index, FeatureType? declared)
    {
        switch (array)
        {
            case Int8Array ints:
                Whole(ints.Values[index]);
                break;
            case Int16Array ints:
                Whole(ints.Values[index]);
                break;
            case UInt8Array ints:
                Whole(ints.Values[index]);
                break;
            case UInt16Array ints:
                Whole(ints.Values[index]);
                break;
            case UInt32Array ints:
                Whole(ints.Values[index]);
                break;
            case UInt64Array ints:
                row.Raw(ints.Values[index].ToString(CultureInfo.InvariantCulture));
                break;
            case HalfFloatArray halves:
                Number((float)halves.Values[index]);
                break;
            case Decimal128Array or Decimal256Array or Decimal32Array or Decimal64Array:
                row.Raw(Decimal(array, index));
                break;
            case Date32Array or Date64Array when declared is { Scalar: ScalarType.Timestamp }:
                Time(ArrowTimes.Microseconds(array, index));
                break;
            case Date32Array or Date64Array:
                Text(ArrowTimes.Date(array, index), "the date");
                break;
            case Time32Array or Time64Array:
                Text(ArrowTimes.TimeOfDay(array, index), "the time of day");
                break;
            case BinaryArray or LargeBinaryArray or BinaryViewArray or FixedSizeBinaryArray:
                row.Text(Convert.ToBase64String(Bytes(array, index)));
                break;
            case MapArray map:
                Map(map, index);
                break;
            case StructArray fields:
                Struct(fields, index);
                break;
            case DictionaryArray dictionary:
                Write(dictionary.Dictionary, ArrowTypes.IndexOf(dictionary, index), declared);
                break;
            case GuidArray guid:
                row.Text(guid.GetGuid(index)?.ToString() ?? "");
                break;
            case ExtensionArray extension:
                Write(extension.Storage, index, declared);
                break;
            default:
                throw new InvalidOperationException($"Arrow type {array.Data.DataType.Name} was not refused when the file was opened.");
        }
    }

    private void Whole(long value)
    {
        Span<byte> text = stackalloc byte[20];
        value.TryFormat(text, out var written, default, CultureInfo.InvariantCulture);
        row.Raw(text[..written]);
    }

    private void Number(double value)
    {
        if (IsFinite(double.IsNaN(value), double.IsInfinity(value)))
        {
            Span<byte> text = stackalloc byte[34];
            value.TryFormat(text, out var written, "R", CultureInfo.InvariantCulture);
            Number(text, written);
        }
    }

    private void Number(float value)
    {
        if (IsFinite(float.IsNaN(value), float.IsInfinity(value)))
        {
            Span<byte> text = stackalloc byte[34];
            value.TryFormat(text, out var written, "R", CultureInfo.InvariantCulture);
            Number(text, written);
        }
    }

    private void Number(Span<byte> text, int written)
    {
        if (text[..written].IndexOfAny(".E"u8) < 0)
        {
            ".0"u8.CopyTo(text[written..]);
            written += 2;
        }

        row.Raw(text[..written]);
    }

    private bool IsFinite(bool isNotANumber, bool isInfinity)
    {
        if (isNotANumber)
        {
            row.NotANumber();
        }
        else if (isInfinity)
        {
            Refuse("infinity cannot be stored; make it null or a number");
        }

        return !isNotANumber && !isInfinity;
    }

    private string Decimal(IArrowArray array, int index)
    {
        var text = array switch
        {
            Decimal32Array decimals => decimals.GetString(index),
            Decimal64Array decimals => decimals.GetString(index),
            Decimal128Array decimals => decimals.GetString(index),
            _ => ((Decimal256Array)array).GetString(index),
        };
        return text is not null && JsonNumber.Is(text) ? text : throw new InvalidOperationException($"A decimal came out as {text}.");
    }

    private void Time(Timestamp? time)
    {
        if (time is not { } instant)
        {
            Refuse("the time is not within the years 1 to 9999");
            return;
        }

        Span<byte> text = stackalloc byte[Timestamp.MaxFormattedLength];
        instant.TryFormat(text, out var written);
        row.Text(text[..written]);
    }

    private void Text(string? text, string what)
    {
        if (text is null)
        {
            Refuse($"{what} is out of range");
        }
        else
        {
            row.Text(text);
        }
    }

    private void Text(ReadOnlySpan<byte> text)
    {
        if (Utf8.IsValid(text))
        {
            row.Text(text);
        }
        else
        {
            Refuse("its text is not UTF-8");
        }
    }

    private void List(IArrowArray array, int index, FeatureType? element)
    {
        var (values, from, count) = ArrowTypes.ElementsOf(array, index);
        row.BeginArray();
        for (var i = from; i < from + count; i++)
        {
            Write(values, i, element);
        }

        row.EndArray();
    }

    private void Struct(StructArray array, int index)
    {
        var type = (StructType)array.Data.DataType;
        row.BeginObject();
        for (var i = 0; i < type.Fields.Count; i++)
        {
            row.Name(type.Fields[i].Name);
            Write(array.Fields[i], index, null);
        }

        row.EndObject();
    }

    private void Map(MapArray map, int index)
    {
        var from = map.ValueOffsets[index];
        var names = new HashSet<string>(StringComparer.Ordinal);
        row.BeginObject();
        for (var i = from; i < map.ValueOffsets[index + 1]; i++)
        {
            var name = ArrowTypes.KeyText(map.Keys, i) ?? "";
            if (!names.Add(name))
            {
                Refuse($"its map has the key \"{name}\" twice");
                break;
            }

            row.Name(name);
            Write(map.Values, i, null);
        }

        row.EndObject();
    }

    /// <summary>The row is lost; null keeps what is written of it JSON.</summary>
    private void Refuse(string reason)
    {
        Fault ??= reason;
        row.Raw("null"u8);
    }
}
