using FeatureStore.Harness;

namespace FeatureStore.SystemTests.History;

/// <summary>The embedded default with history.</summary>
public sealed class HistoryStack : SharedStack
{
    /// <summary>A view whose values live for ever, one whose values live for seconds, and one that takes anything.</summary>
    public const string Registry = """
        {"entities":{"thing":{"keys":{"id":"string"}},"pair":{"keys":{"left":"string","right":"int64"}}},
         "views":{
          "lasting":{"entity":"thing","lateness":"1h","features":{"a":"int64","b":"string","c":"float64"}},
          "brief":{"entity":"thing","ttl":"2s","lateness":"1h","features":{"d":"int64","e":"list<float32>"}},
          "pairs":{"entity":"pair","features":{"f":"float64","g":"bool","at":"timestamp","raw":"bytes","any":"json","names":"list<string>"}},
          "open_view":{"entity":"thing","open":true}},
         "services":{"model_v1":["lasting:a","lasting:b","lasting:c","brief:d"]}}
        """;

    private readonly ComponentFolder _components = new(
        "components/local", ("state.db", "{folder}/state.db"), ("events.db", "{folder}/events.db"));

    /// <summary>Where the files are.</summary>
    public string Folder => Path.Combine(_components.Path, "history");

    protected override Task<StackOptions?> PrepareAsync() =>
        Task.FromResult<StackOptions?>(new StackOptions { Components = _components.Path, HistoryFolder = Folder });

    protected override ValueTask CleanAsync()
    {
        _components.Dispose();
        return ValueTask.CompletedTask;
    }
}
