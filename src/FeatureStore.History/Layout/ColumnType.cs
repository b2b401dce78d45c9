using FeatureStore.Model;

namespace FeatureStore.History;

/// <summary>The types of columns, as DuckDB names them.</summary>
public static class ColumnType
{
    /// <summary>The type of the column of a feature.</summary>
    public static string Of(FeatureType type)
    {
        var scalar = type.Scalar switch
        {
            ScalarType.Bool => "BOOLEAN",
            ScalarType.Int32 => "INTEGER",
            ScalarType.Int64 => "BIGINT",
            ScalarType.Float32 => "FLOAT",
            ScalarType.Float64 => "DOUBLE",
            ScalarType.Bytes => "BLOB",
            ScalarType.Timestamp => "TIMESTAMP WITH TIME ZONE",
            _ => "VARCHAR",
        };
        return type.IsList ? scalar + "[]" : scalar;
    }
}
