using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FeatureStore.Dapr;
using FeatureStore.Model;

namespace FeatureStore.FeatureIngest.DeadLetters;

/// <summary>
/// Dead letters as numbered documents of the state store: <c>$dead-letters/1</c>, <c>$dead-letters/2</c>, …, and
/// <c>$dead-letters</c>, which says what numbers there are.
/// </summary>
internal sealed class DeadLetterStore(StateStore store, SidecarOptions sidecar, DeadLetterOptions options, DeadLetterMetrics metrics, TimeProvider time)
{
    private const string IndexKey = "$dead-letters";
    private const int Chunk = 20;

    /// <summary>How much of each event a list shows.</summary>
    private const int ShownBytes = 1024;

    /// <summary>The most numbers that one page looks at, so that a long stretch of removed letters holds nobody up.</summary>
    private const int MaxLooked = 5000;

    private const int Attempts = 8;

    /// <summary>No append takes as long as this: a number given longer ago and not used is never going to be.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim _appending = new(1);

    /// <summary>Keeps letters, each under the next number.</summary>
    /// <param name="letters">The letters; their numbers are not yet set.</param>
    /// <param name="cancellationToken">Gives up: who delivered them does not wait any more, and delivers them again.</param>
    /// <returns>For each letter whether it is kept.</returns>
    /// <exception cref="StateStoreException">The store is away. Some letters may be kept.</exception>
    public async Task<bool[]> AppendAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
    {
        var isKept = new bool[letters.Count];
        // In one replica one after another; other replicas are kept apart by compare-and-swap.
        await _appending.WaitAsync(cancellationToken);
        try
        {
            for (var attempt = 0; attempt < Attempts && isKept.Contains(false); attempt++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (attempt > 0)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * (5 << attempt)), time, cancellationToken);
                }

                var open = Enumerable.Range(0, letters.Count).Where(i => !isKept[i]).ToList();
                if (await AllocateAsync(open.Count) is { } first)
                {
                    await SaveAsync([.. open.Select((at, i) => (at, letters[at] with { Number = first + i }))], isKept);
                }
            }

            metrics.Kept(isKept.Count(kept => kept));
            return isKept;
        }
        finally
        {
            _appending.Release();
        }
    }

    /// <summary>The letter of a number, and the version to remove it by.</summary>
    public async Task<(DeadLetter Letter, string ETag)?> FindAsync(long number, CancellationToken cancellationToken)
    {
        var items = await store.GetAsync([KeyOf(number)], sidecar.ReadTimeout, cancellationToken);
        return items[0].Error is { } error ? throw new StateStoreException($"The dead letter {number} could not be read: {error}")
            : items[0].Exists ? (Read(items[0]), items[0].ETag!)
            : null;
    }

    /// <summary>Letters by number, of large events only the beginning.</summary>
    /// <param name="after">Only greater numbers.</param>
    /// <param name="limit">How many at the most.</param>
    /// <param name="cancellationToken">Gives the read up.</param>
    public async Task<DeadLetterPage> ListAsync(long after, int limit, CancellationToken cancellationToken)
    {
        var (index, etag) = await IndexAsync(cancellationToken);
        var found = new List<DeadLetter>();
        var number = Math.Max(index.First, after + 1);
        for (var looked = 0; number < index.Next && found.Count < limit && looked < MaxLooked; looked += Chunk)
        {
            var keys = Enumerable.Range(0, (int)Math.Min(Chunk, index.Next - number)).Select(i => KeyOf(number + i)).ToList();
            var items = await store.GetAsync(keys, sidecar.ReadTimeout, cancellationToken);
            foreach (var item in items)
            {
                if (found.Count == limit)
                {
                    break;
                }

                if (item.Error is { } error)
                {
                    throw new StateStoreException($"The dead letter {number} could not be read: {error}");
                }

                number++;
                if (item.Exists)
                {
                    var letter = Read(item);
                    found.Add(letter.With(letter.Payload, ShownBytes) with { EventBytes = letter.EventBytes });
                }
            }
        }

        if (number - index.First > Chunk && after < index.First)
        {
            await ForgetGapAsync(index, etag, found.Count > 0 ? found[0] : null, number, cancellationToken);
        }

        return new DeadLetterPage(found, number < index.Next ? number - 1 : null);
    }

    /// <summary>Removes a letter, unless somebody else just has.</summary>
    /// <exception cref="StateStoreException">It is still there, or that could not be seen.</exception>
    public async Task RemoveAsync(long number, string etag, CancellationToken cancellationToken)
    {
        // A letter never changes, so a conflict is a failure that the store did not tell apart.
        if (!await store.RemoveAsync(KeyOf(number), etag, cancellationToken) && await FindAsync(number, cancellationToken) is not null)
        {
            throw new StateStoreException($"The dead letter {number} could not be removed.");
        }

        var (index, version) = await IndexAsync(cancellationToken);
        if (index.First == number)
        {
            // Only spares looking there again, so that it fails does not matter.
            await SaveIndexAsync(index with { First = number + 1 }, version, cancellationToken);
        }
    }

    private async Task<long?> AllocateAsync(int count)
    {
        var (index, etag) = await IndexAsync(CancellationToken.None);
        var changed = index with { Next = index.Next + count, AllocatedAt = Timestamp.From(time.GetUtcNow()).ToString() };
        return await SaveIndexAsync(changed, etag, CancellationToken.None) ? index.Next : null;
    }

    private async Task<(DeadLetterIndex Index, string? ETag)> IndexAsync(CancellationToken cancellationToken)
    {
        var item = (await store.GetAsync([IndexKey], sidecar.ReadTimeout, cancellationToken))[0];
        return item.Error is { } error
            ? throw new StateStoreException($"The index of dead letters could not be read: {error}")
            : item.Exists
                ? (Parse(item, DeadLetterJson.Readable.DeadLetterIndex), item.ETag)
                : (DeadLetterIndex.Empty, null);
    }

    private async Task<bool> SaveIndexAsync(DeadLetterIndex index, string? etag, CancellationToken cancellationToken) =>
        await store.SaveAsync(
            [new StateSave(IndexKey, JsonSerializer.SerializeToUtf8Bytes(index, DeadLetterJson.Readable.DeadLetterIndex), etag, null)],
            sidecar.SaveTimeout, cancellationToken) == SaveResult.Saved;

    /// <summary>Saves letters under their numbers, in messages of a size that the sidecar takes.</summary>
    private async Task SaveAsync(IReadOnlyList<(int At, DeadLetter Letter)> letters, bool[] isKept)
    {
        var saves = letters.Select(one => (one.At, Save: new StateSave(
            KeyOf(one.Letter.Number),
            JsonSerializer.SerializeToUtf8Bytes(one.Letter, DeadLetterJson.Readable.DeadLetter),
            null,
            (long)options.Keep.TotalSeconds))).ToList();
        for (var next = 0; next < saves.Count;)
        {
            var message = new List<(int At, StateSave Save)>();
            var bytes = 0;
            do
            {
                message.Add(saves[next]);
                bytes += saves[next++].Save.Data.Length + 128;
            }
            while (next < saves.Count && bytes + saves[next].Save.Data.Length <= sidecar.MaxMessageBytes);

            var saved = await store.SaveAsync(message.ConvertAll(one => one.Save), sidecar.SaveTimeout, CancellationToken.None) == SaveResult.Saved;
            // A bulk save names no item: what is there now has been saved.
            var items = saved ? [] : await store.GetAsync(message.ConvertAll(one => one.Save.Key), sidecar.ReadTimeout, CancellationToken.None);
            for (var i = 0; i < message.Count; i++)
            {
                isKept[message[i].At] = saved || (items[i].Exists && items[i].Data.Span.SequenceEqual(message[i].Save.Data.Span));
            }
        }
    }

    /// <summary>Letters expire, and numbers given may never have been used: a long gap at the beginning is not looked at twice.</summary>
    private async Task ForgetGapAsync(DeadLetterIndex index, string? etag, DeadLetter? found, long looked, CancellationToken cancellationToken)
    {
        var last = found?.Received() ?? (Timestamp.TryParse(index.AllocatedAt, out var allocated) ? allocated : default);
        if (last <= Timestamp.From(time.GetUtcNow() - Settled))
        {
            await SaveIndexAsync(index with { First = found?.Number ?? looked }, etag, cancellationToken);
        }
    }

    private static DeadLetter Read(StateItem item) => Parse(item, DeadLetterJson.Readable.DeadLetter);

    private static T Parse<T>(StateItem item, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(item.Data.Span, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new StateStoreException($"A document of the dead letters cannot be read: {e.Message}");
        }
    }

    private static string KeyOf(long number) => string.Create(CultureInfo.InvariantCulture, $"{IndexKey}/{number}");
}
