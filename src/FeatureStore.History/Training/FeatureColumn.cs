using FeatureStore.Model;

namespace FeatureStore.History;

/// <summary>The values of a feature in files of history, as expressions over their rows.</summary>
/// <param name="Name">The feature's name.</param>
/// <param name="Type">Its declared type; null where it is not declared, and its values are texts.</param>
internal sealed record FeatureColumn(string Name, FeatureType? Type)
{
    private const string TextType = "VARCHAR";

    /// <summary>The type of the values.</summary>
    public string ColumnType => Type is { } type ? History.ColumnType.Of(type) : TextType;

    /// <summary>The value in a row.</summary>
    /// <param name="fileType">The type of the feature's column in the file; null where it has none.</param>
    /// <param name="hasText">Whether <see cref="HistoryColumns.Text"/> has something in the file.</param>
    public string Value(string? fileType, bool hasText)
    {
        var column = fileType is null ? null : Converted(fileType);
        var text = hasText ? FromText() : null;

        // A column of another type is the same value in fewer digits, if the text is there as well.
        return (column, text) switch
        {
            (null, null) => $"CAST(NULL AS {ColumnType})",
            (null, _) => text,
            (_, null) => column,
            _ => fileType == ColumnType && Type is not null ? $"coalesce({column}, {text})" : $"coalesce({text}, {column})",
        };
    }

    /// <summary>The text in which the value in a row is compared with others of its stamp.</summary>
    public string Compared(string? fileType, bool hasText)
    {
        var column = fileType is null ? null : Type is { IsVector: true } && fileType == ColumnType
            ? $"{TextFunctions.Vector}(CAST({Sql.Name(Name)} AS VARCHAR))"
            : JsonText(Sql.Name(Name), fileType, Type is { Scalar: ScalarType.Json });
        var exact = hasText ? $"{TextFunctions.Exact}({HistoryColumns.Text}, {Sql.Text(Name)})" : null;
        return $"coalesce({string.Join(", ", new[] { exact, column, "'null'" }.Where(part => part is not null))})";
    }

    /// <summary>A value as text for tables that know no types: lists as JSON, bytes as base64, timestamps as RFC 3339.</summary>
    public string Plain(string value) => Type is null || ColumnType is TextType ? value : PlainText(value, ColumnType);

    private string Converted(string fileType)
    {
        var column = Sql.Name(Name);
        if (fileType == ColumnType)
        {
            return column;
        }

        if (Type is null || Type is { Scalar: ScalarType.Json })
        {
            return Type is null ? PlainText(column, fileType) : JsonText(column, fileType, isJson: true);
        }

        // What was said is the float32's text, not the digits that it has as a float64.
        return fileType == "FLOAT" && ColumnType == "DOUBLE"
            ? $"CAST(CAST({column} AS VARCHAR) AS DOUBLE)"
            : $"TRY_CAST({column} AS {ColumnType})";
    }

    private string FromText()
    {
        var name = Sql.Text(Name);
        if (Type is not { } type)
        {
            return $"{TextFunctions.Open}({HistoryColumns.Text}, {name})";
        }

        if (type.Scalar == ScalarType.Json)
        {
            return $"nullif({TextFunctions.Exact}({HistoryColumns.Text}, {name}), 'null')";
        }

        var text = $"{TextFunctions.Typed}({HistoryColumns.Text}, {name}, {Sql.Text(type.ToString())})";
        return (type.Scalar, type.IsList) switch
        {
            (ScalarType.String, false) => text,
            (ScalarType.Bytes, false) => $"TRY(from_base64({text}))",
            (_, false) => $"TRY_CAST({text} AS {ColumnType})",
            (ScalarType.Bytes, true) => $"list_transform(TRY_CAST(TRY_CAST({text} AS JSON) AS VARCHAR[]), lambda one: TRY(from_base64(one)))",
            _ => $"TRY_CAST(TRY_CAST({text} AS JSON) AS {ColumnType})",
        };
    }

    private static string PlainText(string value, string type) => type switch
    {
        "BLOB" => $"to_base64({value})",
        "TIMESTAMP WITH TIME ZONE" => Rfc3339(value),
        TextType => value,
        _ => JsonText(value, type, isJson: false),
    };

    /// <summary>A value's JSON text.</summary>
    /// <param name="value">The value, as an expression.</param>
    /// <param name="type">Its type.</param>
    /// <param name="isJson">Whether a text is JSON already.</param>
    public static string JsonText(string value, string type, bool isJson)
    {
        if (type.EndsWith("[]", StringComparison.Ordinal))
        {
            return $"('[' || array_to_string(list_transform({value}, lambda one: {JsonText("one", type[..^2], isJson: false)}), ',') || ']')";
        }

        return type switch
        {
            TextType => isJson ? value : $"CAST(to_json({value}) AS VARCHAR)",
            "BLOB" => $"('\"' || to_base64({value}) || '\"')",
            "TIMESTAMP WITH TIME ZONE" => $"('\"' || {Rfc3339(value)} || '\"')",
            _ => $"CAST({value} AS VARCHAR)",
        };
    }

    /// <summary>As <see cref="Timestamp"/> writes it: with 0, 3 or 6 digits of fraction.</summary>
    private static string Rfc3339(string value)
    {
        const string Seconds = "%Y-%m-%dT%H:%M:%S";
        return $"CASE WHEN epoch_us({value}) % 1000000 = 0 THEN strftime({value}, '{Seconds}Z') WHEN epoch_us({value}) % 1000 = 0 THEN strftime({value}, '{Seconds}.%gZ') ELSE strftime({value}, '{Seconds}.%fZ') END";
    }
}
