using System.Globalization;
using System.Text;

namespace FeatureStore.LoadBaselines;

/// <summary>Updates of random rows at an even rate, in small NDJSON requests, while something else is measured.</summary>
internal static class RowUpdates
{
    /// <summary>In how many requests a second the rows are sent.</summary>
    public const int RequestsPerSecond = 20;

    /// <summary>Sends updates; prints how many rows a second were taken, and how many requests had to be sent again.</summary>
    /// <param name="url">Where to.</param>
    /// <param name="updates">What is sent.</param>
    /// <param name="rate">Rows a second.</param>
    /// <param name="seconds">For how long.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task RunAsync(Uri url, RandomUpdates updates, int rate, int seconds, CancellationToken cancellationToken)
    {
        using var client = new HttpClient();
        var rows = rate / RequestsPerSecond;
        var again = 0;
        var requests = await EvenRate.RunAsync(
            RequestsPerSecond,
            TimeSpan.FromSeconds(seconds),
            async () =>
            {
                var lines = new StringBuilder();
                updates.Append(lines, rows);
                Interlocked.Add(ref again, await NdjsonPost.SendUntilTakenAsync(client, url, lines.ToString(), cancellationToken));
            },
            cancellationToken);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{requests * rows:F0} {again}"));
    }
}
