using System.Net;
using System.Net.Sockets;

namespace FeatureStore.Cli.Up;

/// <summary>Finds free ports; holds them until it is disposed, so that none is found twice.</summary>
internal sealed class FreePorts : IDisposable
{
    private readonly List<TcpListener> _held = [];

    public int Next()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _held.Add(listener);
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose() => _held.ForEach(listener => listener.Dispose());
}
