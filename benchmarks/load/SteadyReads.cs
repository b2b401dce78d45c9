using System.Diagnostics;
using System.Globalization;

namespace FeatureStore.LoadBaselines;

/// <summary>Reads of random entities at an even rate, for as long as it is to be seen whether something creeps.</summary>
internal static class SteadyReads
{
    /// <summary>Prints a line a slice: its number, reads/s, and p50, p99 and p99.9 in ms; that of number 0 comes on top, until code is compiled. Fails when a read does.</summary>
    /// <param name="api">A feature-api.</param>
    /// <param name="entities">How many entities there are.</param>
    /// <param name="rate">Reads a second.</param>
    /// <param name="seconds">For how long.</param>
    /// <param name="slice">The seconds of a slice.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task RunAsync(Uri api, int entities, int rate, int seconds, int slice, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { BaseAddress = api };
        var random = new Random(1);
        var durations = new Durations();
        for (var i = 0; i <= seconds / slice; i++)
        {
            var reads = await EvenRate.RunAsync(
                rate,
                TimeSpan.FromSeconds(slice),
                async () =>
                {
                    var sent = Stopwatch.GetTimestamp();
                    using var reply = await client.GetAsync($"/features/{RowGenerator.Id(random.Next(entities))}?view=default", cancellationToken);
                    if (!reply.IsSuccessStatusCode)
                    {
                        throw new LoadFailedException($"A read was answered {(int)reply.StatusCode}.");
                    }

                    durations.Add(Stopwatch.GetElapsedTime(sent));
                },
                cancellationToken);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{i} {reads:F0} {Durations.Percentiles(durations.Take(), 500, 990, 999)}"));
        }
    }
}
