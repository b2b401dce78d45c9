using FeatureStore.Model;
using FeastType = FeatureStore.Cli.Feast.Protos.ValueType.Types.Enum;

namespace FeatureStore.Cli.Feast;

/// <summary>What Feast's types are here.</summary>
internal static class FeastTypes
{
    private static readonly FeatureType Json = new(ScalarType.Json);

    /// <summary>The type of a feature, and what is lost by it, for a person; null if nothing is.</summary>
    public static (FeatureType Type, string? Loss) Of(FeastType type) => type switch
    {
        FeastType.Bytes or FeastType.PdfBytes or FeastType.ImageBytes => (new(ScalarType.Bytes), null),
        FeastType.String or FeastType.Uuid or FeastType.TimeUuid => (new(ScalarType.String), null),
        FeastType.Int32 => (new(ScalarType.Int32), null),
        FeastType.Int64 => (new(ScalarType.Int64), null),
        FeastType.Double => (new(ScalarType.Float64), null),
        FeastType.Float => (new(ScalarType.Float32), null),
        FeastType.Bool => (new(ScalarType.Bool), null),
        FeastType.UnixTimestamp => (new(ScalarType.Timestamp), null),
        FeastType.BytesList => (List(ScalarType.Bytes), null),
        FeastType.StringList or FeastType.UuidList or FeastType.TimeUuidList => (List(ScalarType.String), null),
        FeastType.Int32List => (List(ScalarType.Int32), null),
        FeastType.Int64List => (List(ScalarType.Int64), null),
        FeastType.DoubleList => (List(ScalarType.Float64), null),
        FeastType.FloatList => (List(ScalarType.Float32), null),
        FeastType.BoolList => (List(ScalarType.Bool), null),
        FeastType.UnixTimestampList => (List(ScalarType.Timestamp), null),
        FeastType.Map or FeastType.MapList or FeastType.Json or FeastType.JsonList or FeastType.Struct or FeastType.StructList
            or FeastType.ScalarMap or FeastType.ValueList => (Json, null),
        FeastType.BytesSet => Set(ScalarType.Bytes),
        FeastType.StringSet or FeastType.UuidSet or FeastType.TimeUuidSet => Set(ScalarType.String),
        FeastType.Int32Set => Set(ScalarType.Int32),
        FeastType.Int64Set => Set(ScalarType.Int64),
        FeastType.DoubleSet => Set(ScalarType.Float64),
        FeastType.FloatSet => Set(ScalarType.Float32),
        FeastType.BoolSet => Set(ScalarType.Bool),
        FeastType.UnixTimestampSet => Set(ScalarType.Timestamp),
        FeastType.ValueSet => (Json, "is a set; here a list in json, which keeps repeated elements"),
        FeastType.Decimal => (new(ScalarType.String), "is a decimal; here a string of its digits"),
        FeastType.DecimalList => (List(ScalarType.String), "is a list of decimals; here of strings of their digits"),
        FeastType.DecimalSet => (List(ScalarType.String), "is a set of decimals; here a list of strings of their digits"),
        FeastType.ZonedTimestamp => (new(ScalarType.Timestamp), "is a timestamp with a time zone; here in UTC"),
        _ => (Json, $"is of the type {type}; here json, which takes any value"),
    };

    /// <summary>The type of a join key, and what is lost by it.</summary>
    public static (ScalarType Type, string? Loss) OfKey(FeastType type) => type switch
    {
        FeastType.String or FeastType.Uuid or FeastType.TimeUuid => (ScalarType.String, null),
        FeastType.Int32 => (ScalarType.Int32, null),
        FeastType.Int64 => (ScalarType.Int64, null),
        FeastType.UnixTimestamp => (ScalarType.Int64, "is a timestamp; here an int64 of epoch seconds"),
        FeastType.Invalid => (ScalarType.String, "has no type in Feast; here a string"),
        _ => (ScalarType.String, $"is of the type {type}, which no key has here; here a string"),
    };

    private static FeatureType List(ScalarType scalar) => new(scalar, IsList: true);

    private static (FeatureType, string?) Set(ScalarType scalar) => (List(scalar), "is a set; here a list, which keeps repeated elements");
}
