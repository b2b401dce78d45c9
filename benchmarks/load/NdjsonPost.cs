using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace FeatureStore.LoadBaselines;

/// <summary><c>POST /features</c> with NDJSON, as one streamed request.</summary>
internal static class NdjsonPost
{
    private const int MostAgain = 20;

    private static readonly TimeSpan AgainAfter = TimeSpan.FromMilliseconds(200);
    private static readonly int[] WatchedPercents = [10, 50, 100];

    /// <summary>Posts a file's first rows and prints how many were stored in a second.</summary>
    public static async Task FileAsync(Uri url, string file, long rows, CancellationToken cancellationToken)
    {
        var body = new MemoryStream();
        await foreach (var line in File.ReadLinesAsync(file, cancellationToken))
        {
            body.Write(Encoding.UTF8.GetBytes(line + "\n"));
            if (--rows == 0)
            {
                break;
            }
        }

        body.Position = 0;
        using var client = await ConnectAsync(url, cancellationToken);
        var started = Stopwatch.GetTimestamp();
        using var content = new StreamContent(body, 65_536);
        var applied = await SendAsync(client, url, content, cancellationToken);
        Console.WriteLine((applied / Stopwatch.GetElapsedTime(started).TotalSeconds).ToString("F0", CultureInfo.InvariantCulture));
    }

    /// <summary>Streams rows as they are made, and prints the memory of the process that takes them.</summary>
    /// <remarks>
    /// What is sent is all but taken: the service reads on only as the store keeps up, and the buffers in between hold
    /// some hundred kilobytes.
    /// </remarks>
    public static async Task WatchAsync(Uri url, RowGenerator generator, int process, CancellationToken cancellationToken)
    {
        using var client = await ConnectAsync(url, cancellationToken);
        var started = Stopwatch.GetTimestamp();
        using var content = new WrittenContent(async output =>
        {
            await using var writer = new StreamWriter(output, new UTF8Encoding(false), 65_536, leaveOpen: true);
            for (var i = 0L; i < generator.Rows; i++)
            {
                await writer.WriteAsync(generator.Line(i));
                foreach (var percent in WatchedPercents)
                {
                    if ((i + 1) * 100 == generator.Rows * percent)
                    {
                        var (resident, peak) = ProcessMemory.Read(process);
                        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{percent} {resident} {peak}"));
                    }
                }
            }
        });
        var applied = await SendAsync(client, url, content, cancellationToken);
        if (applied != generator.Rows)
        {
            throw new LoadFailedException($"{applied} of {generator.Rows} rows were applied.");
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"rows/s {applied / Stopwatch.GetElapsedTime(started).TotalSeconds:F0}"));
    }

    /// <summary>Posts rows, again where the service says that it cannot take them just now.</summary>
    /// <returns>How often again.</returns>
    public static async Task<int> SendUntilTakenAsync(HttpClient client, Uri url, string rows, CancellationToken cancellationToken)
    {
        for (var again = 0; ; again++)
        {
            using var content = new StringContent(rows);
            var (status, text) = await PostAsync(client, url, content, cancellationToken);
            if (status == HttpStatusCode.OK)
            {
                return again;
            }

            if (status != HttpStatusCode.ServiceUnavailable || again == MostAgain)
            {
                throw new LoadFailedException($"{url} answered {(int)status}: {text}");
            }

            await Task.Delay(AgainAfter, cancellationToken);
        }
    }

    private static async Task<HttpClient> ConnectAsync(Uri url, CancellationToken cancellationToken)
    {
        var client = new HttpClient { Timeout = TimeSpan.FromMinutes(10) };
        using var reply = await client.GetAsync(new Uri(url, "/health/live"), cancellationToken);
        return client;
    }

    private static async Task<long> SendAsync(HttpClient client, Uri url, HttpContent content, CancellationToken cancellationToken)
    {
        var (status, text) = await PostAsync(client, url, content, cancellationToken);
        if (status != HttpStatusCode.OK)
        {
            throw new LoadFailedException($"{url} answered {(int)status}: {text}");
        }

        using var report = JsonDocument.Parse(text);
        return report.RootElement.GetProperty("applied").GetInt64();
    }

    private static async Task<(HttpStatusCode Status, string Text)> PostAsync(HttpClient client, Uri url, HttpContent content, CancellationToken cancellationToken)
    {
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        using var reply = await client.PostAsync(url, content, cancellationToken);
        return (reply.StatusCode, await reply.Content.ReadAsStringAsync(cancellationToken));
    }

    private sealed class WrittenContent(Func<Stream, Task> write) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => write(stream);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
