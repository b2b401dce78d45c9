using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace FeatureStore.Model;

/// <summary>Reads rows as they come over the wire: one line of NDJSON, one element of an array, one event.</summary>
/// <remarks>
/// <code>{"view":"airport_weather","entity_id":"EWR","op":"merge","event_timestamp":"2026-11-23T10:00:00Z",
///  "created_timestamp":"…","ttl_seconds":3600,"features":{"temp":39.0}}</code>
/// </remarks>
public static class RowReader
{
    private const string Members = "view, entity_id, keys, op, event_timestamp, created_timestamp, ttl_seconds, features";

    /// <summary>The longest time to live, in seconds: 100 years.</summary>
    public const double MaxTtlSeconds = 100 * 365.25 * 86_400;

    /// <summary>Reads one row, or reports everything that is wrong with it.</summary>
    /// <param name="json">The row's JSON text. The row returned keeps slices of it.</param>
    /// <param name="context">What holds where the row itself says nothing.</param>
    /// <param name="faults">Receives every fault that is found.</param>
    /// <returns>The row, or null if a fault was found.</returns>
    public static IncomingRow? Read(ReadOnlyMemory<byte> json, in RowContext context, ICollection<Fault> faults)
    {
        var known = faults.Count;
        if (!Utf8.IsValid(json.Span))
        {
            faults.Add(Fault.Malformed("The row is not valid UTF-8."));
            return null;
        }

        var draft = new Draft { View = context.View };
        try
        {
            var reader = new Utf8JsonReader(json.Span, FeatureReader.ReaderOptions);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                faults.Add(Fault.Malformed("A row must be a JSON object."));
                return null;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                ReadMember(ref reader, json, draft, faults);
            }

            reader.Read();
        }
        catch (JsonException e)
        {
            faults.Add(FeatureReader.NotJson(e, json.Span));
            return null;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair in the name of a member.
            faults.Add(Fault.Malformed("The name of a member must be valid Unicode text."));
            return null;
        }

        return Finish(draft, json.Length, context, faults, known);
    }

    /// <summary>Says if a stamp lies further ahead of the clock than is allowed.</summary>
    public static void CheckAhead(Timestamp? time, string member, in RowContext context, ICollection<Fault> faults)
    {
        if (time is { } given && given > context.Latest)
        {
            faults.Add(Fault.Invalid($"{member} {given} is too far ahead of this service's clock; the latest accepted now is {context.Latest}.", member));
        }
    }

    /// <summary>Reads a time to live in seconds.</summary>
    /// <returns>Microseconds, or null with a fault.</returns>
    public static long? ReadTtl(string text, ICollection<Fault> faults)
    {
        if (double.TryParse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var seconds)
            && seconds is >= 0.001 and <= MaxTtlSeconds)
        {
            return (long)Math.Round(seconds * 1000) * 1000;
        }

        faults.Add(Fault.Invalid(
            $"ttl_seconds must be a number of seconds from 0.001 to {MaxTtlSeconds:F0}; '{StateKey.Shorten(text)}' is not. Leave it out for values that never expire.",
            "ttl_seconds"));
        return null;
    }

    private static void ReadMember(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json, Draft draft, ICollection<Fault> faults)
    {
        var bit = reader.ValueTextEquals("features"u8) ? Member.Features
            : reader.ValueTextEquals("entity_id"u8) ? Member.EntityId
            : reader.ValueTextEquals("view"u8) ? Member.View
            : reader.ValueTextEquals("event_timestamp"u8) ? Member.EventTimestamp
            : reader.ValueTextEquals("created_timestamp"u8) ? Member.CreatedTimestamp
            : reader.ValueTextEquals("ttl_seconds"u8) ? Member.Ttl
            : reader.ValueTextEquals("op"u8) ? Member.Op
            : reader.ValueTextEquals("keys"u8) ? Member.Keys
            : Member.None;
        if (bit == Member.None)
        {
            var name = Text(ref reader);
            faults.Add(Fault.Malformed($"A row has no member '{StateKey.Shorten(name)}'; it may have {Members}.", name));
            reader.Read();
            reader.Skip();
            return;
        }

        if ((draft.Seen & bit) != 0)
        {
            var name = Text(ref reader);
            faults.Add(Fault.Malformed($"The member '{name}' stands more than once.", name));
            reader.Read();
            reader.Skip();
            return;
        }

        draft.Seen |= bit;
        reader.Read();
        switch (bit)
        {
            case Member.Features:
                ReadFeatures(ref reader, json, draft, faults);
                break;
            case Member.EntityId when Key(ref reader, "entity_id", faults) is { } key:
                draft.EntityId = key;
                break;
            case Member.Keys:
                ReadKeys(ref reader, draft, faults);
                break;
            case Member.View when String(ref reader, "view", faults) is { } view:
                draft.View = view;
                break;
            case Member.Op when String(ref reader, "op", faults) is { } op:
                draft.Operation = Operation(op, faults);
                break;
            case Member.EventTimestamp:
                draft.EventTimestamp = Time(ref reader, "event_timestamp", faults);
                break;
            case Member.CreatedTimestamp:
                draft.CreatedTimestamp = Time(ref reader, "created_timestamp", faults);
                break;
            case Member.Ttl:
                draft.TtlMicroseconds = Ttl(ref reader, faults);
                break;
        }
    }

    private static IncomingRow? Finish(Draft draft, int size, in RowContext context, ICollection<Fault> faults, int known)
    {
        if (draft.EntityId is not null && draft.Keys is not null)
        {
            faults.Add(Fault.Malformed("A row has either entity_id or keys, not both.", "keys"));
        }

        IReadOnlyList<string> keys = draft.Keys ?? (draft.EntityId is { } id ? [id] : []);
        var features = draft.Features ?? draft.Names ?? [];
        CheckFeatures(draft, faults);
        var binding = RowBinding.Bind(context, draft.View, keys, draft.Operation, features, draft.TtlMicroseconds, faults);
        keys = binding.Keys;
        string? stateKey = null;
        if ((draft.Seen & (Member.EntityId | Member.Keys)) == 0)
        {
            faults.Add(Fault.Malformed("The row has no entity_id (or keys).", "entity_id"));
        }
        else if (keys.Count > 0)
        {
            stateKey = StateKey.Encode(draft.View, keys, faults);
        }

        CheckAhead(draft.EventTimestamp ?? context.EventTimestamp, "event_timestamp", context, faults);
        CheckAhead(draft.CreatedTimestamp ?? context.EventTimestamp, "created_timestamp", context, faults);
        if (faults.Count > known || stateKey is null)
        {
            return null;
        }

        return new IncomingRow
        {
            View = draft.View,
            Keys = keys,
            StateKey = stateKey,
            Operation = draft.Operation,
            EventTimestamp = draft.EventTimestamp ?? context.EventTimestamp,
            CreatedTimestamp = draft.CreatedTimestamp ?? context.EventTimestamp,
            TtlMicroseconds = context.IsFromHistory ? draft.TtlMicroseconds : binding.TtlMicroseconds,
            Lateness = binding.Lateness,
            Features = features,
            EventId = context.EventId,
            SkipsHistory = context.SkipsHistory,
            SizeBytes = size,
        };
    }

    private static void CheckFeatures(Draft draft, ICollection<Fault> faults)
    {
        var present = (draft.Seen & Member.Features) != 0;
        if (draft.Operation == RowOperation.Delete)
        {
            if (draft.Features is not null)
            {
                faults.Add(Fault.Malformed("features of a delete is an array of names, or absent to delete the whole row.", "features"));
            }
            else if (draft.Names is { Length: 0 })
            {
                faults.Add(Fault.Malformed("features of a delete is empty: name the features, or leave it out to delete the whole row.", "features"));
            }

            if (draft.TtlMicroseconds is not null)
            {
                faults.Add(Fault.Malformed("A delete has no ttl_seconds.", "ttl_seconds"));
            }
        }
        else if (!present)
        {
            faults.Add(Fault.Malformed("The row has no features.", "features"));
        }
        else if (draft.Names is not null)
        {
            faults.Add(Fault.Malformed("features must be a JSON object of names and values.", "features"));
        }
        else if (draft is { Operation: RowOperation.Merge, Features.Length: 0 })
        {
            faults.Add(Fault.Invalid("features is empty: there is nothing to merge.", "features"));
        }
    }

    private static void ReadFeatures(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json, Draft draft, ICollection<Fault> faults)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                draft.Features = FeatureReader.Read(ref reader, json, faults);
                break;
            case JsonTokenType.StartArray:
                var names = new List<FeatureValue>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (reader.TokenType == JsonTokenType.String)
                    {
                        names.Add(new FeatureValue(FeatureReader.ReadName(ref reader, json, faults), default));
                    }
                    else
                    {
                        faults.Add(Fault.Malformed("features of a delete must be an array of names.", "features"));
                        reader.Skip();
                    }
                }

                draft.Names = FeatureReader.Sort(names, faults);
                break;
            default:
                faults.Add(Fault.Malformed("features must be a JSON object of names and values.", "features"));
                reader.Skip();
                break;
        }
    }

    private static void ReadKeys(ref Utf8JsonReader reader, Draft draft, ICollection<Fault> faults)
    {
        draft.Keys = [];
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            faults.Add(Fault.Malformed("keys must be an array of the entity's key values.", "keys"));
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            draft.Keys.Add(Key(ref reader, "keys", faults) ?? "?");
        }

        if (draft.Keys.Count == 0)
        {
            faults.Add(Fault.Malformed("keys is empty.", "keys"));
        }
    }

    /// <summary>A key is a string, or an integer, which means the same as its digits in a string.</summary>
    private static string? Key(ref Utf8JsonReader reader, string member, ICollection<Fault> faults)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.ValueSpan.IndexOfAny(".eE"u8) < 0
            && !reader.ValueSpan.SequenceEqual("-0"u8))
        {
            return Encoding.ASCII.GetString(reader.ValueSpan);
        }

        if (reader.TokenType != JsonTokenType.String)
        {
            faults.Add(Fault.Malformed($"{member} must be a string or an integer.", member));
            reader.Skip();
            return null;
        }

        return String(ref reader, member, faults);
    }

    private static string? String(ref Utf8JsonReader reader, string member, ICollection<Fault> faults)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            faults.Add(Fault.Malformed($"{member} must be a string.", member));
            reader.Skip();
            return null;
        }

        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            faults.Add(Fault.Malformed($"{member} must be valid Unicode text.", member));
            return null;
        }
    }

    private static Timestamp? Time(ref Utf8JsonReader reader, string member, ICollection<Fault> faults)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (Timestamp.TryRead(ref reader, out var time))
        {
            return time;
        }

        faults.Add(Fault.Malformed($"{member} must be {Timestamp.Expected}.", member));
        reader.Skip();
        return null;
    }

    private static long? Ttl(ref Utf8JsonReader reader, ICollection<Fault> faults)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType == JsonTokenType.Number)
        {
            return ReadTtl(Encoding.ASCII.GetString(reader.ValueSpan), faults);
        }

        faults.Add(Fault.Malformed("ttl_seconds must be a number of seconds.", "ttl_seconds"));
        reader.Skip();
        return null;
    }

    private static RowOperation Operation(string op, ICollection<Fault> faults)
    {
        switch (op)
        {
            case "merge":
                return RowOperation.Merge;
            case "replace":
                return RowOperation.Replace;
            case "delete":
                return RowOperation.Delete;
            default:
                faults.Add(Fault.Malformed($"op must be merge, replace or delete; '{StateKey.Shorten(op)}' is not.", "op"));
                return RowOperation.Merge;
        }
    }

    private static string Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return "?";
        }
    }

    [Flags]
    private enum Member
    {
        None = 0,
        View = 1,
        EntityId = 2,
        Keys = 4,
        Op = 8,
        EventTimestamp = 16,
        CreatedTimestamp = 32,
        Ttl = 64,
        Features = 128,
    }

    private sealed class Draft
    {
        public required string View { get; set; }
        public string? EntityId { get; set; }
        public List<string>? Keys { get; set; }
        public RowOperation Operation { get; set; }
        public Timestamp? EventTimestamp { get; set; }
        public Timestamp? CreatedTimestamp { get; set; }
        public long? TtlMicroseconds { get; set; }
        public FeatureValue[]? Features { get; set; }
        public FeatureValue[]? Names { get; set; }
        public Member Seen { get; set; }
    }
}
