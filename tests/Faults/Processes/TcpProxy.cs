using System.Net;
using System.Net.Sockets;

namespace FeatureStore.Faults.Processes;

/// <summary>Forwards TCP connections to a port on loopback, and spoils them when told to.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly HashSet<Link> _links = [];
    private readonly TcpListener _listener;
    private readonly int _target;
    private readonly Task _accepting;
    private volatile bool _isRefusing;
    private volatile int _delayMilliseconds;
    private volatile TaskCompletionSource? _stall;
    private int _halvesLeft;
    private int _halved;

    public TcpProxy(string name, int target)
    {
        Name = name;
        _target = target;
        Port = ServicePort.Next();
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start(512);
        _accepting = AcceptAsync();
    }

    public string Name { get; }

    public int Port { get; }

    /// <summary>How many replies passed by half.</summary>
    public int Halved => Volatile.Read(ref _halved);

    /// <summary>Resets every connection.</summary>
    public void Cut()
    {
        Link[] links;
        lock (_gate)
        {
            links = [.. _links];
        }

        Array.ForEach(links, link => link.Reset());
    }

    /// <summary>Resets every connection, and each new one for a while.</summary>
    public async Task RefuseAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        _isRefusing = true;
        try
        {
            Cut();
            await Task.Delay(duration, cancellationToken);
        }
        finally
        {
            _isRefusing = false;
        }
    }

    /// <summary>Holds back whatever is sent, either way, for some milliseconds.</summary>
    public async Task DelayAsync(int milliseconds, TimeSpan duration, CancellationToken cancellationToken)
    {
        _delayMilliseconds = milliseconds;
        try
        {
            await Task.Delay(duration, cancellationToken);
        }
        finally
        {
            _delayMilliseconds = 0;
        }
    }

    /// <summary>Lets nothing through for a while, as a network that is away does: connections stay, and go on afterwards.</summary>
    public async Task StallAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        var stall = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _stall = stall;
        try
        {
            await Task.Delay(duration, cancellationToken);
        }
        finally
        {
            _stall = null;
            stall.SetResult();
        }
    }

    /// <summary>Forwards only half of what comes back next, then resets the connection; some times over.</summary>
    public void HalveReplies(int count) => Interlocked.Exchange(ref _halvesLeft, count);

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        Cut();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ForwardAsync(await _listener.AcceptSocketAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ForwardAsync(Socket client)
    {
        using var link = new Link(client);
        lock (_gate)
        {
            _links.Add(link);
        }

        try
        {
            if (!_isRefusing)
            {
                await link.Server.ConnectAsync(IPAddress.Loopback, _target);
                await Task.WhenAny(PumpAsync(link, client, link.Server, isReply: false), PumpAsync(link, link.Server, client, isReply: true));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // There is nobody behind: the caller's connection is reset.
        }
        finally
        {
            link.Reset();
            lock (_gate)
            {
                _links.Remove(link);
            }
        }
    }

    private async Task PumpAsync(Link link, Socket from, Socket to, bool isReply)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var length)
            {
                if (_stall is { } stall)
                {
                    await stall.Task;
                }

                if (_delayMilliseconds is > 0 and var delay)
                {
                    await Task.Delay(delay);
                }

                if (isReply && length > 1 && Volatile.Read(ref _halvesLeft) > 0 && Interlocked.Decrement(ref _halvesLeft) >= 0)
                {
                    await to.SendAsync(buffer.AsMemory(0, length / 2));
                    Interlocked.Increment(ref _halved);
                    // The half has to leave before the reset takes it back.
                    await Task.Delay(5);
                    link.Reset();
                    return;
                }

                for (var sent = 0; sent < length;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, length - sent));
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One side has gone; the other is reset.
        }
    }

    private sealed class Link : IDisposable
    {
        private readonly Socket _client;

        public Link(Socket client)
        {
            _client = client;
            _client.NoDelay = true;
            Server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        }

        public Socket Server { get; }

        public void Reset()
        {
            _client.Close(0);
            Server.Close(0);
        }

        public void Dispose()
        {
            _client.Dispose();
            Server.Dispose();
        }
    }
}
