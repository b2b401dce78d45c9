using System.Buffers;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using FeatureStore.Model;

namespace FeatureStore.Dapr;

/// <summary>A registry as it lies in the state store: a root, and a document for each view and each feature service.</summary>
/// <remarks>
/// A document's key ends in the hash of its text, so that it never changes: a reader who follows a root finds exactly what
/// that root was applied with, and what an apply leaves unchanged is not written again.
/// </remarks>
internal static class RegistryDocuments
{
    /// <summary>The state key of the root.</summary>
    public const string RootKey = "$registry";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The root and the documents of a registry.</summary>
    public static (byte[] Root, Dictionary<string, ReadOnlyMemory<byte>> Documents) Write(AppliedRegistry applied)
    {
        var documents = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        var root = new RegistryRoot
        {
            Format = RegistryRoot.CurrentFormat,
            Version = applied.Version,
            AppliedAt = applied.AppliedAt.ToString(),
            Entities = Entities(applied.Registry),
            Views = Keep("views", applied.Registry.Views, RegistryWriter.Write, documents),
            Services = Keep("services", applied.Registry.Services, RegistryWriter.Write, documents),
            ServiceVersions = applied.ServiceVersions,
            Retired = new(applied.Retired.ToDictionary(view => view.Key, view => new RetiredRoot(
                [.. view.Value.Entity.Keys.Select(key => KeyValuePair.Create(key.Name, FeatureType.NameOf(key.Type)))],
                view.Value.WasOpen,
                new(view.Value.Features.ToDictionary(feature => feature.Key, feature => feature.Value.ToString()), StringComparer.Ordinal),
                view.Value.Entity.Name)), StringComparer.Ordinal),
        };
        return (JsonSerializer.SerializeToUtf8Bytes(root, RegistryJson.Readable.RegistryRoot), documents);
    }

    /// <summary>Reads a root.</summary>
    /// <exception cref="StoredRowFormatException">It is no root that this version can read.</exception>
    public static RegistryRoot ReadRoot(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.TryGetProperty("format", out var format) && format.TryGetInt32(out var version) && version > RegistryRoot.CurrentFormat)
            {
                throw new StoredRowFormatException(
                    $"The registry has format version {version}; this version of the feature store reads version {RegistryRoot.CurrentFormat}.");
            }

            return document.RootElement.Deserialize(RegistryJson.Readable.RegistryRoot) ?? throw new JsonException("null");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new StoredRowFormatException($"The registry's document cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Puts a registry together.</summary>
    /// <param name="root">The root.</param>
    /// <param name="documents">The documents that it names, by state key.</param>
    /// <exception cref="StoredRowFormatException">They are no registry that this version can read.</exception>
    public static AppliedRegistry Read(RegistryRoot root, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> documents)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, Options))
        {
            json.WriteStartObject();
            json.WritePropertyName("entities");
            root.Entities.WriteTo(json);
            Section(json, "views", root.Views, documents);
            Section(json, "services", root.Services, documents);
            json.WriteEndObject();
        }

        try
        {
            using var whole = JsonDocument.Parse(output.WrittenMemory);
            var faults = new List<RegistryFault>();
            var registry = RegistryReader.Read(whole.RootElement, faults);
            if (faults.Count > 0)
            {
                throw new StoredRowFormatException($"The stored registry cannot be read: {faults[0].Pointer}: {faults[0].Detail}");
            }

            return new AppliedRegistry
            {
                Version = root.Version,
                AppliedAt = Timestamp.TryParse(root.AppliedAt, out var at) ? at : throw new JsonException("applied_at is no time"),
                Registry = registry,
                ServiceVersions = root.ServiceVersions,
                Retired = root.Retired.ToDictionary(view => view.Key, view => Retired(view.Value), StringComparer.Ordinal),
            };
        }
        catch (JsonException e)
        {
            throw new StoredRowFormatException($"A document of the registry cannot be read: {e.Message}", e);
        }
    }

    private static JsonElement Entities(Model.Registry registry)
    {
        using var json = JsonDocument.Parse(RegistryWriter.Write(new Model.Registry(registry.Entities.Values, [], [])));
        return json.RootElement.TryGetProperty("entities", out var entities) ? entities.Clone() : JsonElement.Parse("{}");
    }

    private static SortedDictionary<string, string> Keep<T>(
        string section, IReadOnlyDictionary<string, T> items, Func<T, ReadOnlyMemory<byte>> write, Dictionary<string, ReadOnlyMemory<byte>> documents)
    {
        var keys = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, item) in items)
        {
            var json = write(item);
            var key = $"{RootKey}/{section}/{name}/{Convert.ToHexStringLower(SHA256.HashData(json.Span))}";
            documents.Add(key, json);
            keys.Add(name, key);
        }

        return keys;
    }

    private static void Section(
        Utf8JsonWriter json, string name, SortedDictionary<string, string> keys, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> documents)
    {
        json.WriteStartObject(name);
        foreach (var (item, key) in keys)
        {
            json.WritePropertyName(item);
            json.WriteRawValue(documents[key].Span, skipInputValidation: true);
        }

        json.WriteEndObject();
    }

    private static RetiredView Retired(RetiredRoot root) => new(
        new Entity(root.Entity ?? "", [.. root.Keys.Select(key => new JoinKey(key.Key, TypeOf(key.Value).Scalar))], Description.None),
        root.WasOpen,
        root.Features.ToDictionary(feature => feature.Key, feature => TypeOf(feature.Value), StringComparer.Ordinal));

    private static FeatureType TypeOf(string text) =>
        FeatureType.TryParse(text, out var type) ? type : throw new JsonException($"'{text}' is no type");
}
