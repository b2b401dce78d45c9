using System.Text;
using System.Text.Json;
using DuckDB.NET.Data;
using FeatureStore.Model;

namespace FeatureStore.History;

/// <summary>What DuckDB cannot say of the values in <see cref="HistoryColumns.Text"/>, as functions of its own: it reads numbers anew, and loses their text.</summary>
internal static class TextFunctions
{
    /// <summary>(object, name): the exact JSON text of a member; null where there is none.</summary>
    public const string Exact = "exact_text";

    /// <summary>(object, name): a member as a text: a string as it reads, everything else its exact JSON text; null where there is none or it is null.</summary>
    public const string Open = "open_text";

    /// <summary>(object, name, type): the same of a member that is brought into the form of a type; null where it is not of it.</summary>
    public const string Typed = "typed_text";

    /// <summary>(array): the stored form of a list of float32.</summary>
    public const string Vector = "vector_text";

    public static void Register(DuckDBConnection connection)
    {
        connection.RegisterScalarFunction<string?, string, string?>(Exact, (json, name) => Find(json, name) is { } value ? Encoding.UTF8.GetString(value.Span) : null);
        connection.RegisterScalarFunction<string?, string, string?>(Open, (json, name) => Find(json, name) is { } value ? Reads(value) : null);
        connection.RegisterScalarFunction<string?, string, string, string?>(Typed, TypedText);
        connection.RegisterScalarFunction<string?, string?>(Vector, json => json is null ? null : Encoding.UTF8.GetString(VectorText.Compact(Encoding.UTF8.GetBytes(json)).Span));
    }

    private static string? TypedText(string? json, string name, string typeName)
    {
        if (Find(json, name) is not { } value || !FeatureType.TryParse(typeName, out var type))
        {
            return null;
        }

        var coerced = ValueCoercion.Coerce(type, value, out var fault);
        return fault is null ? Reads(coerced) : null;
    }

    private static string? Reads(ReadOnlyMemory<byte> value)
    {
        var reader = new Utf8JsonReader(value.Span);
        reader.Read();
        try
        {
            return reader.TokenType switch
            {
                JsonTokenType.Null => null,
                JsonTokenType.String => reader.GetString(),
                _ => Encoding.UTF8.GetString(value.Span),
            };
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair is no text.
            return null;
        }
    }

    private static ReadOnlyMemory<byte>? Find(string? json, string name)
    {
        // DuckDB calls for rows without a text as well.
        if (json is null)
        {
            return null;
        }

        var utf8 = Encoding.UTF8.GetBytes(json);
        var reader = new Utf8JsonReader(utf8);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = reader.ValueTextEquals(name);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (found)
            {
                return utf8.AsMemory(start, (int)reader.BytesConsumed - start);
            }
        }

        return null;
    }
}
