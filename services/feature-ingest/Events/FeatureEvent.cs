using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using FeatureStore.Model;

namespace FeatureStore.FeatureIngest.Events;

/// <summary>An event of topic <c>feature-updates</c> in any of the shapes in which producers publish it.</summary>
/// <param name="Data">The JSON text of its row or rows.</param>
/// <param name="Id">The CloudEvent's id, if it came in one.</param>
/// <param name="Time">The CloudEvent's time, if it has one.</param>
/// <param name="Expiration">When the event is no longer to be delivered, if its publisher gave it a time to live.</param>
/// <param name="IsOneRow">Whether the data is one JSON object, and valid.</param>
internal readonly record struct FeatureEvent(ReadOnlyMemory<byte> Data, string? Id, Timestamp? Time, Timestamp? Expiration, bool IsOneRow)
{
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = 128 };

    /// <summary>
    /// Unwraps the broker's bytes: a CloudEvent if they were published through Dapr, or bare rows if their producer
    /// writes to the broker itself.
    /// </summary>
    public static FeatureEvent? Read(ReadOnlyMemory<byte> payload, ICollection<Fault> faults)
    {
        if (!Utf8.IsValid(payload.Span))
        {
            faults.Add(Fault.Malformed("The event is not valid UTF-8."));
            return null;
        }

        try
        {
            return Unwrap(payload, faults);
        }
        catch (JsonException e)
        {
            faults.Add(FeatureReader.NotJson(e, payload.Span));
            return null;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair in the name of a member.
            faults.Add(Fault.Malformed("The name of a member must be valid Unicode text."));
            return null;
        }
    }

    private static FeatureEvent? Unwrap(ReadOnlyMemory<byte> payload, ICollection<Fault> faults)
    {
        var reader = new Utf8JsonReader(payload.Span, ReaderOptions);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return new FeatureEvent(payload, null, null, null, IsOneRow: false);
        }

        var isCloudEvent = false;
        var isOneRow = false;
        ReadOnlyMemory<byte>? data = null;
        string? id = null;
        Timestamp? time = null;
        Timestamp? expiration = null;
        var isTimeReadable = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isSpecVersion = reader.ValueTextEquals("specversion"u8);
            var isData = reader.ValueTextEquals("data"u8);
            var isBase64 = reader.ValueTextEquals("data_base64"u8);
            var isId = reader.ValueTextEquals("id"u8);
            var isTime = reader.ValueTextEquals("time"u8);
            var isExpiration = reader.ValueTextEquals("expiration"u8);
            reader.Read();
            isCloudEvent |= isSpecVersion;
            var isString = reader.TokenType == JsonTokenType.String;
            if (isData)
            {
                isOneRow = reader.TokenType == JsonTokenType.StartObject;
                data = isString ? Text(ref reader) : Slice(ref reader, payload);
            }
            else if (isBase64 && isString && reader.TryGetBytesFromBase64(out var bytes))
            {
                isOneRow = false;
                data = bytes;
            }
            else if (isId && isString)
            {
                id = Encoding.UTF8.GetString(reader.ValueSpan);
            }
            else if (isTime && isString)
            {
                isTimeReadable = Timestamp.TryRead(ref reader, out var given);
                time = given;
            }
            else if (isExpiration && isString && Timestamp.TryRead(ref reader, out var end))
            {
                expiration = end;
            }
            else
            {
                reader.Skip();
            }
        }

        if (!isCloudEvent)
        {
            var isAlone = payload.Span[(int)reader.BytesConsumed..].IndexOfAnyExcept(" \t\r\n"u8) < 0;
            return new FeatureEvent(payload, null, null, null, isAlone && reader.TokenType == JsonTokenType.EndObject);
        }

        if (data is null)
        {
            faults.Add(Fault.Malformed("The CloudEvent has no data."));
            return null;
        }

        if (!isTimeReadable)
        {
            // Taken without it, the event would be a new row at every delivery.
            faults.Add(Fault.Malformed($"The CloudEvent's time is not {Timestamp.Expected}.", "time"));
            return null;
        }

        return new FeatureEvent(data.Value, id, time, expiration, isOneRow);
    }

    /// <summary>A publisher that does not say that its data is JSON has it carried as text.</summary>
    private static ReadOnlyMemory<byte> Text(ref Utf8JsonReader reader)
    {
        var text = new byte[reader.ValueSpan.Length];
        try
        {
            return text.AsMemory(0, reader.CopyString(text));
        }
        catch (InvalidOperationException)
        {
            return "?"u8.ToArray();
        }
    }

    private static ReadOnlyMemory<byte> Slice(ref Utf8JsonReader reader, ReadOnlyMemory<byte> payload)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return payload[start..(int)reader.BytesConsumed];
    }
}
