using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace FeatureStore.LoadBaselines;

/// <summary>Updates of random rows at an even rate, in small NDJSON requests, while something else is measured.</summary>
internal static partial class RowUpdates
{
    private const int RequestsPerSecond = 20;

    /// <summary>Sends rows of a file, each time as of now; prints how many a second were taken.</summary>
    /// <param name="url">Where to.</param>
    /// <param name="file">Rows as NDJSON.</param>
    /// <param name="rows">How many of them to choose from.</param>
    /// <param name="rate">Rows a second.</param>
    /// <param name="seconds">For how long.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task RunAsync(Uri url, string file, long rows, int rate, int seconds, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        await foreach (var line in File.ReadLinesAsync(file, cancellationToken))
        {
            lines.Add(Time().Replace(line, ""));
            if (lines.Count == rows)
            {
                break;
            }
        }

        using var client = new HttpClient();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / RequestsPerSecond));
        var random = new Random(1);
        var started = Stopwatch.GetTimestamp();
        var sent = new List<Task>();
        while (Stopwatch.GetElapsedTime(started).TotalSeconds < seconds && await timer.WaitForNextTickAsync(cancellationToken))
        {
            var body = new StringBuilder();
            for (var i = 0; i < rate / RequestsPerSecond; i++)
            {
                body.Append(lines[random.Next(lines.Count)]).Append('\n');
            }

            sent.Add(SendAsync(client, url, body.ToString(), cancellationToken));
        }

        await Task.WhenAll(sent);
        Console.WriteLine((sent.Count * (rate / RequestsPerSecond) / Stopwatch.GetElapsedTime(started).TotalSeconds).ToString("F0", CultureInfo.InvariantCulture));
    }

    private static async Task SendAsync(HttpClient client, Uri url, string rows, CancellationToken cancellationToken)
    {
        using var content = new StringContent(rows, Encoding.UTF8, "application/x-ndjson");
        using var reply = await client.PostAsync(url, content, cancellationToken);
        if (!reply.IsSuccessStatusCode)
        {
            throw new LoadFailedException($"An update was answered {(int)reply.StatusCode}: {await reply.Content.ReadAsStringAsync(cancellationToken)}");
        }
    }

    [GeneratedRegex("\"event_timestamp\":\"[^\"]*\",")]
    private static partial Regex Time();
}
