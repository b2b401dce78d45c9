using System.Text.Json;
using FeatureStore.Dapr;

namespace FeatureStore.FeatureIngest.DeadLetters;

/// <summary>
/// Carries the reason of a drop past the broker, which hands on nothing but the event: noted in the state store before the
/// event is dropped, looked up when its dead letter comes.
/// </summary>
internal sealed class DropReasons(StateStore store, SidecarOptions options)
{
    /// <summary>As long as a stream keeps a dead letter that nobody has consumed.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(7);

    /// <summary>Notes why events are dropped.</summary>
    /// <returns>False if the store did not take it: the events are not to be dropped now.</returns>
    public async Task<bool> NoteAsync(IReadOnlyList<DropReason> drops)
    {
        var notes = drops.DistinctBy(drop => drop.Key).ToList();
        var saves = notes.ConvertAll(drop => new StateSave(
            drop.Key, JsonSerializer.SerializeToUtf8Bytes(drop.Reasons, DeadLetterJson.Readable.IReadOnlyListString), null, (long)KeptFor.TotalSeconds));
        try
        {
            // A note that is there already, of an earlier delivery, is as good; stores tell of it in different ways.
            return await store.SaveAsync(saves, options.SaveTimeout, CancellationToken.None) == SaveResult.Saved
                || (await ReadAsync([.. notes.Select(drop => drop.Key)])).All(reasons => reasons is not null);
        }
        catch (StateStoreException)
        {
            return false;
        }
    }

    /// <summary>Looks reasons up, in the order of the keys; null where none is noted.</summary>
    /// <exception cref="StateStoreException">The store did not answer.</exception>
    public async Task<IReadOnlyList<string>?[]> ReadAsync(IReadOnlyList<string> keys)
    {
        var distinct = keys.Distinct().ToList();
        var items = await store.GetAsync(distinct, options.ReadTimeout, CancellationToken.None);
        var found = distinct.Zip(items).ToDictionary(pair => pair.First, pair => Read(pair.Second));
        return [.. keys.Select(key => found[key])];
    }

    private static IReadOnlyList<string>? Read(StateItem note)
    {
        if (note.Error is { } error)
        {
            throw new StateStoreException($"Why an event was dropped could not be read: {error}");
        }

        try
        {
            return note.Exists ? JsonSerializer.Deserialize(note.Data.Span, DeadLetterJson.Readable.IReadOnlyListString) : null;
        }
        catch (JsonException)
        {
            // Somebody else's; the event's own faults are the reason then.
            return null;
        }
    }
}
