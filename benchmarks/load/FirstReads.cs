using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace FeatureStore.LoadBaselines;

/// <summary>Reads rows by <c>POST /features/query</c>: those of push views lie in memory from then on, as far as there is room.</summary>
internal static class FirstReads
{
    private const int EntitiesPerCall = 100;
    private const int CallsUnderWay = 8;

    /// <summary>Reads rows, and fails if one is not there; prints rows/s.</summary>
    /// <param name="api">A feature-api.</param>
    /// <param name="ids">The ids of the entities.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task RunAsync(Uri api, IEnumerable<string> ids, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { BaseAddress = api };
        var started = Stopwatch.GetTimestamp();
        var read = 0L;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = CallsUnderWay, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(ids.Chunk(EntitiesPerCall), parallel, async (entities, cancel) =>
        {
            // One feature: to find it the whole row is read.
            var body = new StringBuilder("{\"features\":[\"default:feature_00\"],\"entities\":[");
            body.AppendJoin(',', entities.Select(id => $"{{\"id\":\"{id}\"}}")).Append("]}");
            using var content = new StringContent(body.ToString(), MediaTypeHeaderValue.Parse("application/json"));
            using var reply = await client.PostAsync("/features/query", content, cancel);
            var text = await reply.Content.ReadAsStringAsync(cancel);
            if (!reply.IsSuccessStatusCode || text.Contains("NOT_FOUND", StringComparison.Ordinal))
            {
                throw new LoadFailedException($"{(int)reply.StatusCode}: {text[..Math.Min(text.Length, 500)]}");
            }

            Interlocked.Add(ref read, entities.Length);
        });
        Console.WriteLine((read / Stopwatch.GetElapsedTime(started).TotalSeconds).ToString("F0", CultureInfo.InvariantCulture));
    }
}
