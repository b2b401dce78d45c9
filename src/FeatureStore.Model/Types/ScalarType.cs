namespace FeatureStore.Model;

/// <summary>What kind of value a join key, a feature or an element of a list has.</summary>
public enum ScalarType : byte
{
    /// <summary><c>true</c> or <c>false</c>.</summary>
    Bool,

    /// <summary>A whole number of 32 bits.</summary>
    Int32,

    /// <summary>A whole number of 64 bits, exact.</summary>
    Int64,

    /// <summary>A finite IEEE 754 number of 32 bits.</summary>
    Float32,

    /// <summary>A finite IEEE 754 number of 64 bits.</summary>
    Float64,

    /// <summary>Unicode text.</summary>
    String,

    /// <summary>Bytes, as base64 text.</summary>
    Bytes,

    /// <summary>An instant, RFC 3339 in UTC.</summary>
    Timestamp,

    /// <summary>Any JSON value.</summary>
    Json,
}
