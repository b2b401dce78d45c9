using System.Text.Json;
using FeatureStore.Model;

namespace FeatureStore.History;

/// <summary>
/// Whose rows were erased, and up to when they had been accepted: what was on its way then is not written when it comes. On disk, and
/// kept for longer than anything is on its way.
/// </summary>
public sealed class ErasureList
{
    /// <summary>Longer than the stream of accepted rows is kept.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(30);

    private readonly Lock _gate = new();
    private readonly HistoryFolder _folder;
    private readonly TimeProvider _time;
    private readonly string _path;
    private volatile Dictionary<string, Timestamp> _until;

    /// <exception cref="IOException">The list cannot be read.</exception>
    public ErasureList(HistoryCatalog catalog, TimeProvider time)
    {
        (_folder, _time) = (catalog.Folder, time);
        _path = Path.Combine(_folder.Root, "erased.json");
        try
        {
            _until = File.Exists(_path) ? new Dictionary<string, Timestamp>(JsonSerializer.Deserialize(File.ReadAllBytes(_path), HistoryJson.Default.DictionaryStringTimestamp)!, StringComparer.Ordinal) : new Dictionary<string, Timestamp>(StringComparer.Ordinal);
        }
        catch (JsonException e)
        {
            throw new IOException($"The list of what was erased, {_path}, cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Whether a row is not to be written: it, or its whole view, was erased after it had been accepted.</summary>
    public bool Covers(string stateKey, Timestamp acceptedAt)
    {
        var list = _until;
        return list.Count > 0
            && ((list.TryGetValue(stateKey, out var until) && acceptedAt <= until)
                || (list.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(StateKey.ViewOf(stateKey), out until) && acceptedAt <= until));
    }

    /// <summary>Puts rows on the list. It is on disk when this returns.</summary>
    /// <param name="stateKeys">Their state keys; the name of a view alone for all of its rows.</param>
    /// <param name="until">Up to when they were accepted.</param>
    /// <exception cref="IOException">It could not be written, and nothing is on the list.</exception>
    public void Add(IReadOnlyCollection<string> stateKeys, Timestamp until)
    {
        lock (_gate)
        {
            var forgotten = Timestamp.From(_time.GetUtcNow() - KeptFor);
            var next = _until.Where(one => one.Value > forgotten).ToDictionary(StringComparer.Ordinal);
            foreach (var key in stateKeys)
            {
                next[key] = Timestamp.Max(until, next.GetValueOrDefault(key, Timestamp.Earliest));
            }

            var temporary = _folder.Temporary(".json");
            File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(next, HistoryJson.Default.DictionaryStringTimestamp));
            _folder.Commit([(temporary, _path)]);
            _until = next;
        }
    }
}
