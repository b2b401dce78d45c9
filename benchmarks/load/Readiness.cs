namespace FeatureStore.LoadBaselines;

/// <summary>Waits for what was started.</summary>
internal static class Readiness
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    public static async Task WaitAsync(string[] addresses, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Longest);
        foreach (var address in addresses)
        {
            try
            {
                while (!await IsOkAsync(client, address, limit.Token))
                {
                    await Task.Delay(100, limit.Token);
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new LoadFailedException($"{address} did not answer within {Longest.TotalSeconds} s.");
            }
        }
    }

    private static async Task<bool> IsOkAsync(HttpClient client, string address, CancellationToken cancellationToken)
    {
        try
        {
            using var reply = await client.GetAsync(address, cancellationToken);
            return reply.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
