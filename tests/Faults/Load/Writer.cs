using System.Net;
using System.Text;
using FeatureStore.Faults.Rows;

namespace FeatureStore.Faults.Load;

/// <summary>A client that writes rows until it is told to stop, and notes what became of each.</summary>
internal abstract class Writer(Histories histories, RowGenerator rows, Random random)
{
    private const int MaxRepeats = 4;

    protected Histories Histories => histories;

    protected Random Random => random;

    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var left = Enumerable.Range(0, Size()).Select(_ => rows.Next()).ToList();
            // Some give up on a row whose outcome they do not know, as clients do: it may be stored or not.
            var repeats = random.Next(3) == 0 ? 0 : MaxRepeats;
            for (var i = 0; left.Count > 0 && i <= repeats; i++)
            {
                left.ForEach(histories.Attempt);
                left = await SendAsync(left);
                if (left.Count > 0)
                {
                    await Task.Delay(random.Next(50, 400), CancellationToken.None);
                }
            }

            await Task.Delay(Pause(), CancellationToken.None);
        }
    }

    /// <summary>How many rows go together.</summary>
    protected abstract int Size();

    /// <summary>How long to wait before the next ones.</summary>
    protected abstract TimeSpan Pause();

    /// <summary>Sends rows.</summary>
    /// <returns>Those of which it is not known whether they were taken.</returns>
    protected abstract Task<List<WrittenRow>> SendAsync(List<WrittenRow> sent);

    /// <summary>The reply; no status when there was none.</summary>
    internal static async Task<(HttpStatusCode? Status, string Body)> CallAsync(
        HttpClient client, HttpMethod method, string target, string? body, string contentType)
    {
        using var request = new HttpRequestMessage(method, target);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, contentType);
        }

        try
        {
            using var reply = await client.SendAsync(request);
            return (reply.StatusCode, await reply.Content.ReadAsStringAsync());
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException)
        {
            return (null, e.Message);
        }
    }

    protected List<WrittenRow> Unclear(List<WrittenRow> sent, HttpStatusCode? status) => Unclear(sent, status is { } code ? $"{(int)code}" : "no reply");

    protected List<WrittenRow> Unclear(List<WrittenRow> sent, string why)
    {
        sent.ForEach(row => histories.Unclear(row, why));
        return sent;
    }
}
