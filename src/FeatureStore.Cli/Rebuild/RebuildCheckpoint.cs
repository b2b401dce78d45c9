using System.Text.Json;
using System.Text.Json.Serialization;

namespace FeatureStore.Cli.Rebuild;

/// <summary>How far a rebuild has come, in a file if one is named.</summary>
internal sealed class RebuildCheckpoint
{
    private readonly string? _path;
    private readonly Dictionary<string, ViewProgress> _views;

    private RebuildCheckpoint(string? path, Dictionary<string, ViewProgress> views) => (_path, _views) = (path, views);

    /// <summary>Reads the file, where there is one.</summary>
    /// <exception cref="UsageException">It is something else.</exception>
    public static RebuildCheckpoint Read(string? path)
    {
        if (path is null || !File.Exists(path))
        {
            return new RebuildCheckpoint(path, []);
        }

        try
        {
            return new RebuildCheckpoint(path, JsonSerializer.Deserialize(File.ReadAllBytes(path), RebuildJson.Default.DictionaryStringViewProgress) ?? []);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--checkpoint: {path} cannot be read as a checkpoint of a rebuild: {e.Message}");
        }
    }

    /// <summary>How far a view has come.</summary>
    public ViewProgress Of(string view) => _views.GetValueOrDefault(view, new ViewProgress("", false));

    /// <summary>Notes how far a view has come.</summary>
    public void Note(string view, ViewProgress progress)
    {
        _views[view] = progress;
        if (_path is not null)
        {
            // Whole or not at all.
            File.WriteAllBytes(_path + ".new", JsonSerializer.SerializeToUtf8Bytes(_views, RebuildJson.Default.DictionaryStringViewProgress));
            File.Move(_path + ".new", _path, overwrite: true);
        }
    }

    /// <summary>All is done: the next one begins anew.</summary>
    public void Remove()
    {
        if (_path is not null)
        {
            File.Delete(_path);
        }
    }
}

/// <summary>How far a view has come.</summary>
/// <param name="After">The entity up to which all is in; empty for none.</param>
/// <param name="IsDone">Whether all of it is.</param>
internal sealed record ViewProgress(string After, bool IsDone);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Dictionary<string, ViewProgress>))]
internal sealed partial class RebuildJson : JsonSerializerContext;
