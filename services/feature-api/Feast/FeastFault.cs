using System.Text.Json;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Feast;

/// <summary>One mistake in a request, as Feast's server tells of it: <c>{"type","loc","msg","input"}</c>.</summary>
/// <param name="Type">What kind of mistake, in the words of pydantic.</param>
/// <param name="Message">What is wrong and what is expected, for a person.</param>
/// <param name="Input">What was given there.</param>
/// <param name="Location">Where in the body: names of members, and places in arrays counted from 0.</param>
internal sealed record FeastFault(string Type, string Message, JsonElement? Input, IReadOnlyList<object> Location)
{
    /// <summary>Larger inputs are not sent back.</summary>
    private const int MaxInputLength = 1024;

    /// <summary>What the parser said, where the body is no JSON.</summary>
    public string? Reason { get; init; }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, Type);
        json.WriteStartArray("loc"u8);
        json.WriteStringValue("body"u8);
        foreach (var part in Location)
        {
            if (part is int place)
            {
                json.WriteNumberValue(place);
            }
            else
            {
                json.WriteStringValue(StateKey.Shorten((string)part));
            }
        }

        json.WriteEndArray();
        json.WriteString("msg"u8, Message);
        json.WritePropertyName("input"u8);
        WriteInput(json);
        if (Reason is not null)
        {
            json.WriteStartObject("ctx"u8);
            json.WriteString("error"u8, Reason);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private void WriteInput(Utf8JsonWriter json)
    {
        if (Reason is not null)
        {
            json.WriteStartObject();
            json.WriteEndObject();
        }
        else if (Input is { ValueKind: not JsonValueKind.Undefined } input && input.GetRawText() is { Length: <= MaxInputLength } text)
        {
            json.WriteRawValue(text, skipInputValidation: true);
        }
        else
        {
            json.WriteNullValue();
        }
    }
}
