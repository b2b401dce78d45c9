using System.Collections;
using System.Text.Json;
using FeatureStore.DaprConformance.Comparing;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace FeatureStore.DaprConformance.Calls;

/// <summary>gRPC messages as the recordings show them: the proto's own field names, bytes as text where they are some, no defaults.</summary>
public static class ProtoJson
{
    public static IMessage Read(MessageDescriptor type, JsonElement json, Func<string, string> fill)
    {
        var message = type.Parser.ParseFrom(ByteString.Empty);
        foreach (var member in json.EnumerateObject())
        {
            var field = type.FindFieldByName(member.Name) ?? throw new InvalidDataException($"{type.Name} has no field {member.Name}");
            if (field.IsMap)
            {
                var map = (IDictionary)field.Accessor.GetValue(message);
                foreach (var entry in member.Value.EnumerateObject())
                {
                    map[entry.Name] = ReadValue(field.MessageType.FindFieldByName("value"), entry.Value, fill);
                }
            }
            else if (field.IsRepeated)
            {
                var list = (IList)field.Accessor.GetValue(message);
                foreach (var item in member.Value.EnumerateArray())
                {
                    list.Add(ReadValue(field, item, fill));
                }
            }
            else
            {
                field.Accessor.SetValue(message, ReadValue(field, member.Value, fill));
            }
        }

        return message;
    }

    public static JsonElement Write(IMessage message) => JsonSerializer.SerializeToElement(Members(message));

    private static object ReadValue(FieldDescriptor field, JsonElement json, Func<string, string> fill) => field.FieldType switch
    {
        FieldType.Message => Read(field.MessageType, json, fill),
        FieldType.Bytes => ByteString.CopyFrom(RecordedText.Bytes(json, fill)),
        FieldType.String => fill(json.GetString()!),
        FieldType.Bool => json.GetBoolean(),
        FieldType.Int32 => json.GetInt32(),
        FieldType.Enum => field.EnumType.FindValueByName(json.GetString()!).Number,
        _ => throw new InvalidDataException($"{field.FullName}: a {field.FieldType} is not sent by any recording"),
    };

    private static Dictionary<string, object?> Members(IMessage message)
    {
        var members = new Dictionary<string, object?>();
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            var value = field.Accessor.GetValue(message);
            if (field.IsMap)
            {
                var map = (IDictionary)value;
                if (map.Count > 0)
                {
                    members[field.Name] = map.Keys.Cast<object>().ToDictionary(k => k.ToString()!, k => Value(map[k]!, field));
                }
            }
            else if (field.IsRepeated)
            {
                var list = (IList)value;
                if (list.Count > 0)
                {
                    members[field.Name] = list.Cast<object>().Select(item => Value(item, field)).ToList();
                }
            }
            else if (value is not (null or false or "" or 0 or 0L or 0u or 0.0) && value is not ByteString { IsEmpty: true } && !IsDefault(field, value))
            {
                members[field.Name] = Value(value, field);
            }
        }

        return members;
    }

    private static bool IsDefault(FieldDescriptor field, object value) => field.FieldType is FieldType.Enum && Convert.ToInt32(value) == 0;

    private static object? Value(object value, FieldDescriptor field) => value switch
    {
        IMessage message => Members(message),
        ByteString bytes => Bytes(bytes),
        Enum or int when field.FieldType is FieldType.Enum => field.EnumType.FindValueByNumber(Convert.ToInt32(value)).Name,
        _ => value,
    };

    private static object Bytes(ByteString bytes)
    {
        var text = RecordedText.Of(bytes.Span);
        return text.StartsWith("(bytes) ", StringComparison.Ordinal)
            ? new Dictionary<string, string> { ["base64"] = bytes.ToBase64() }
            : text;
    }
}
