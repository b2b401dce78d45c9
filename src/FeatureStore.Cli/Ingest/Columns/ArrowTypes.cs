using System.Globalization;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using FeatureStore.Model;

namespace FeatureStore.Cli.Ingest;

/// <summary>What the types of Arrow columns are to a feature store.</summary>
internal static class ArrowTypes
{
    /// <summary>Beyond it a floating-point number stands for more than one whole number.</summary>
    private const double MostExact = 1L << 53;

    /// <summary>The type in the words of the registry where it has one for it.</summary>
    public static string Describe(IArrowType type) => type switch
    {
        NullType => "null",
        BooleanType => "bool",
        HalfFloatType => "float16",
        FloatType => "float32",
        DoubleType => "float64",
        StringType or LargeStringType or StringViewType => "string",
        BinaryType or LargeBinaryType or BinaryViewType => "bytes",
        FixedSizeBinaryType and not (Decimal32Type or Decimal64Type or Decimal128Type or Decimal256Type) => "bytes",
        Decimal32Type t => $"decimal({t.Precision},{t.Scale})",
        Decimal64Type t => $"decimal({t.Precision},{t.Scale})",
        Decimal128Type t => $"decimal({t.Precision},{t.Scale})",
        Decimal256Type t => $"decimal({t.Precision},{t.Scale})",
        TimestampType => "timestamp",
        Date32Type or Date64Type => "date",
        Time32Type or Time64Type => "time of day",
        DictionaryType dictionary => Describe(dictionary.ValueType),
        ExtensionType extension => Describe(extension.StorageType),
        MapType map => $"map<{Describe(map.KeyField.DataType)}, {Describe(map.ValueField.DataType)}>",
        StructType => "struct",
        _ when ElementTypeOf(type) is { } element => $"list<{Describe(element)}>",
        _ => type.Name,
    };

    /// <summary>Whether values of a type can be sent.</summary>
    public static bool IsSupported(IArrowType type) => type switch
    {
        DictionaryType dictionary => IsSupported(dictionary.ValueType),
        ExtensionType extension => extension is GuidType || IsSupported(extension.StorageType),
        MapType map => IsKey(map.KeyField.DataType) && map.KeyField.DataType is not (FloatType or DoubleType) && IsSupported(map.ValueField.DataType),
        StructType fields => fields.Fields.All(field => IsSupported(field.DataType)),
        UnionType or IntervalType or DurationType or RunEndEncodedType => false,
        _ when ElementTypeOf(type) is { } element => IsSupported(element),
        _ => true,
    };

    /// <summary>
    /// Whether values can be parts of an entity id: texts and whole numbers. With a missing one among them whole numbers are
    /// floating-point to a data frame.
    /// </summary>
    public static bool IsKey(IArrowType type) => type switch
    {
        DictionaryType dictionary => IsKey(dictionary.ValueType),
        GuidType => true,
        ExtensionType extension => IsKey(extension.StorageType),
        _ => IsText(type) || IsWhole(type) || type is FloatType or DoubleType,
    };

    /// <summary>Whether values can be event times: texts are read as RFC 3339.</summary>
    public static bool IsTime(IArrowType type) => type switch
    {
        DictionaryType dictionary => IsTime(dictionary.ValueType),
        _ => type is TimestampType or Date32Type or Date64Type || IsText(type),
    };

    /// <summary>Whether a column of one type may hold values of a declared one; only where no value could, it says no.</summary>
    public static bool MayFit(IArrowType type, FeatureType declared)
    {
        switch (type)
        {
            case NullType:
                return true;
            case DictionaryType dictionary:
                return MayFit(dictionary.ValueType, declared);
            case ExtensionType extension and not GuidType:
                return MayFit(extension.StorageType, declared);
            case var _ when declared is { Scalar: ScalarType.Json, IsList: false }:
                return true;
            case var _ when ElementTypeOf(type) is { } element:
                return declared.IsList && MayFit(element, new FeatureType(declared.Scalar));
            default:
                return !declared.IsList && MayFit(type, declared.Scalar);
        }
    }

    /// <summary>The position of a row's value in a dictionary.</summary>
    public static int IndexOf(DictionaryArray array, int index) => array.Indices switch
    {
        Int8Array indices => indices.Values[index],
        UInt8Array indices => indices.Values[index],
        Int16Array indices => indices.Values[index],
        UInt16Array indices => indices.Values[index],
        Int32Array indices => indices.Values[index],
        UInt32Array indices => checked((int)indices.Values[index]),
        Int64Array indices => checked((int)indices.Values[index]),
        UInt64Array indices => checked((int)indices.Values[index]),
        _ => throw new InvalidOperationException($"{array.Indices.Data.DataType.Name} is no index of a dictionary."),
    };

    /// <summary>Where the elements of a row's list are.</summary>
    public static (IArrowArray Values, int From, int Count) ElementsOf(IArrowArray array, int index)
    {
        switch (array)
        {
            case ListArray list:
                return (list.Values, list.ValueOffsets[index], list.ValueOffsets[index + 1] - list.ValueOffsets[index]);
            case LargeListArray list:
                return (list.Values, checked((int)list.ValueOffsets[index]), list.GetValueLength(index));
            case FixedSizeListArray list:
                var size = ((FixedSizeListType)list.Data.DataType).ListSize;
                return (list.Values, (list.Offset + index) * size, size);
            case ListViewArray list:
                return (list.Values, list.ValueOffsets[index], list.Sizes[index]);
            default:
                var large = (LargeListViewArray)array;
                return (large.Values, checked((int)large.ValueOffsets[index]), large.GetValueLength(index));
        }
    }

    /// <summary>The text of a value that <see cref="IsKey"/> allows; null for a number that is not whole.</summary>
    public static string? KeyText(IArrowArray array, int index) => array switch
    {
        DictionaryArray dictionary => KeyText(dictionary.Dictionary, IndexOf(dictionary, index)),
        Int64Array ints => Text(ints.Values[index]),
        Int32Array ints => Text(ints.Values[index]),
        Int16Array ints => Text(ints.Values[index]),
        Int8Array ints => Text(ints.Values[index]),
        UInt64Array ints => ints.Values[index].ToString(CultureInfo.InvariantCulture),
        UInt32Array ints => Text(ints.Values[index]),
        UInt16Array ints => Text(ints.Values[index]),
        UInt8Array ints => Text(ints.Values[index]),
        DoubleArray doubles => Text(doubles.Values[index]),
        FloatArray floats => Text(floats.Values[index]),
        GuidArray guid => guid.GetGuid(index)?.ToString() ?? "",
        ExtensionArray extension => KeyText(extension.Storage, index),
        _ => Encoding.UTF8.GetString(ArrowValueWriter.Bytes(array, index)),
    };

    private static string? Text(double value) =>
        Math.Truncate(value) == value && Math.Abs(value) <= MostExact ? Text((long)value) : null;

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static bool MayFit(IArrowType type, ScalarType declared) => declared switch
    {
        ScalarType.Bool => type is BooleanType,
        // Whole numbers with a missing one among them are floating-point to a data frame, and digits may come as a text.
        ScalarType.Int32 or ScalarType.Int64 => IsNumber(type) || IsText(type),
        ScalarType.Float32 or ScalarType.Float64 => IsNumber(type),
        ScalarType.String => IsText(type) || type is GuidType or TimestampType or Date32Type or Date64Type or Time32Type or Time64Type,
        ScalarType.Bytes => Describe(type) == "bytes" || IsText(type),
        ScalarType.Timestamp => IsTime(type),
        _ => true,
    };

    private static bool IsText(IArrowType type) => type is StringType or LargeStringType or StringViewType;

    private static bool IsNumber(IArrowType type) => IsWhole(type)
        || type is HalfFloatType or FloatType or DoubleType or Decimal32Type or Decimal64Type or Decimal128Type or Decimal256Type;

    private static bool IsWhole(IArrowType type) => type is Int8Type or Int16Type or Int32Type or Int64Type
        or UInt8Type or UInt16Type or UInt32Type or UInt64Type;

    private static IArrowType? ElementTypeOf(IArrowType type) => type switch
    {
        MapType => null,
        ListType list => list.ValueDataType,
        LargeListType list => list.ValueDataType,
        FixedSizeListType list => list.ValueDataType,
        ListViewType list => list.ValueDataType,
        LargeListViewType list => list.ValueDataType,
        _ => null,
    };
}
