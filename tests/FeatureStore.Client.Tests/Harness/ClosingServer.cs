using System.Net;
using System.Net.Sockets;

namespace FeatureStore.Client.Tests;

/// <summary>
/// Answers the first request of each connection and closes it in good order upon the second, unanswered: where an HTTP client may
/// take it that the connection was closed before the request arrived, and send it once more.
/// </summary>
internal sealed class ClosingServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly byte[] _answer;
    private readonly Task _serving;
    private int _requests;

    public ClosingServer(string json)
    {
        _answer = [.. System.Text.Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\n\r\n{json}")];
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>How many requests arrived.</summary>
    public int Requests => Volatile.Read(ref _requests);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            var stream = client.GetStream();
            await ReadHeadAsync(stream);
            await stream.WriteAsync(_answer, _stop.Token);
            await ReadHeadAsync(stream);
        }
    }

    private async Task ReadHeadAsync(NetworkStream stream)
    {
        var head = "";
        var buffer = new byte[4096];
        while (!head.Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer, _stop.Token);
            if (read == 0)
            {
                return;
            }

            head += System.Text.Encoding.ASCII.GetString(buffer, 0, read);
        }

        Interlocked.Increment(ref _requests);
    }
}
