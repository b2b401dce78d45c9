using System.Buffers;
using System.Text;
using System.Text.Json;
using FeatureStore.Hosting.Bodies;

namespace FeatureStore.FeatureApi.Feast;

/// <summary>The body of a request: a JSON object whose members are looked at one by one. Members that nobody asks for are ignored.</summary>
internal sealed class FeastBody : IDisposable
{
    private readonly JsonDocument _json;
    private readonly FeastRefusal _refusal;

    private FeastBody(JsonDocument json, FeastRefusal refusal)
    {
        _json = json;
        _refusal = refusal;
    }

    public JsonElement Root => _json.RootElement;

    /// <summary>Reads the body, or says why it is none.</summary>
    /// <exception cref="BadHttpRequestException">It is larger than allowed.</exception>
    public static async Task<FeastBody?> ReadAsync(HttpContext context, int maxBytes, FeastRefusal refusal)
    {
        var bytes = await BodyReader.ReadAsync(context, maxBytes);
        if (!BodyReader.IsJson(context.Request))
        {
            refusal.Add("model_attributes_type", "Input should be JSON in UTF-8: send it with 'Content-Type: application/json'", null);
            return null;
        }

        if (bytes.IsEmpty)
        {
            refusal.Add("missing", "Field required", null);
            return null;
        }

        if (Parse(bytes, refusal) is not { } json)
        {
            return null;
        }

        if (json.RootElement.ValueKind != JsonValueKind.Object)
        {
            refusal.Add("model_attributes_type", "Input should be a valid dictionary or object to extract fields from", json.RootElement);
            return null;
        }

        return new FeastBody(json, refusal);
    }

    /// <summary>A member that is text; null where it is absent, or with a fault.</summary>
    public string? Text(string name, bool isRequired)
    {
        if (!Find(name, isRequired, out var value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            return value.GetString();
        }

        _refusal.Add("string_type", "Input should be a valid string", value, name);
        return null;
    }

    /// <summary>A member that is true or false; false where it is absent, or with a fault.</summary>
    public bool Flag(string name)
    {
        if (!Find(name, isRequired: false, out var value))
        {
            return false;
        }

        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            _refusal.Add("bool_type", "Input should be a valid boolean", value, name);
        }

        return value.ValueKind == JsonValueKind.True;
    }

    /// <summary>A member that is a list of texts; null where it is absent or has faults.</summary>
    public string[]? Texts(string name)
    {
        if (!Find(name, isRequired: false, out var value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            _refusal.Add("list_type", "Input should be a valid list", value, name);
            return null;
        }

        var texts = new string[value.GetArrayLength()];
        var at = 0;
        foreach (var element in value.EnumerateArray())
        {
            if (element.ValueKind == JsonValueKind.String)
            {
                texts[at++] = element.GetString()!;
            }
            else
            {
                _refusal.Add("string_type", "Input should be a valid string", element, name, at++);
            }
        }

        return texts;
    }

    /// <summary>A member that is columns of one length by name; null with a fault.</summary>
    public ColumnSet? Columns(string name)
    {
        if (!Find(name, isRequired: true, out var value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            _refusal.Add("dict_type", "Input should be a valid dictionary", value, name);
            return null;
        }

        return ColumnSet.Read(name, value, _refusal);
    }

    public void Dispose() => _json.Dispose();

    private bool Find(string name, bool isRequired, out JsonElement value)
    {
        if (Root.TryGetProperty(name, out value) && (isRequired || value.ValueKind != JsonValueKind.Null))
        {
            return true;
        }

        if (isRequired)
        {
            _refusal.Add("missing", "Field required", Root, name);
        }

        return false;
    }

    private static JsonDocument? Parse(ReadOnlyMemory<byte> bytes, FeastRefusal refusal)
    {
        try
        {
            var json = ParseWithNaN(ref bytes);
            if (BodyText.FaultOf(bytes.Span) is not { } fault)
            {
                return json;
            }

            json.Dispose();
            Refuse(refusal, 0, fault.TrimEnd('.'));
        }
        catch (JsonException e)
        {
            Refuse(refusal, PlaceOf(e, bytes.Span), e.Message.Split(" LineNumber:", 2)[0].TrimEnd('.', ' '));
        }

        return null;
    }

    /// <summary>Parses JSON in which Python's <c>NaN</c> may stand for what is missing.</summary>
    private static JsonDocument ParseWithNaN(ref ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return JsonDocument.Parse(bytes);
        }
        catch (JsonException) when (bytes.Span.IndexOf("NaN"u8) >= 0)
        {
            var json = WithoutNaN(bytes.Span);
            var document = JsonDocument.Parse(json);
            bytes = json;
            return document;
        }
    }

    private static ReadOnlyMemory<byte> WithoutNaN(ReadOnlySpan<byte> json)
    {
        var output = new ArrayBufferWriter<byte>(json.Length + 64);
        var copied = 0;
        var isText = false;
        for (var i = 0; i < json.Length; i++)
        {
            if (isText && json[i] == '\\')
            {
                i++;
            }
            else if (json[i] == '"')
            {
                isText = !isText;
            }
            else if (!isText && json[i..].StartsWith("NaN"u8))
            {
                output.Write(json[copied..i]);
                output.Write("null"u8);
                copied = i + 3;
                i += 2;
            }
        }

        output.Write(json[copied..]);
        return output.WrittenMemory;
    }

    private static void Refuse(FeastRefusal refusal, int place, string reason) =>
        refusal.Add(new FeastFault("json_invalid", "JSON decode error", null, [place]) { Reason = reason });

    /// <summary>The character, counted from 0, at which the text is no JSON.</summary>
    private static int PlaceOf(JsonException e, ReadOnlySpan<byte> json)
    {
        var start = 0;
        for (var line = e.LineNumber ?? 0; line > 0; line--)
        {
            start += json[start..].IndexOf((byte)'\n') + 1;
        }

        return Encoding.UTF8.GetCharCount(json[..(int)Math.Min(json.Length, start + (e.BytePositionInLine ?? 0))]);
    }
}
