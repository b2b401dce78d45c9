using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace FeatureStore.Faults.Processes;

/// <summary>Finds ports for servers that are away at times.</summary>
/// <remarks>
/// Not among those that the system lends to outgoing connections: one of these could take the port of a server that was
/// just killed, and a client that tries to reach it could even be connected to itself.
/// </remarks>
internal static class ServicePort
{
    private const int First = 15_000;

    private static readonly HashSet<int> Given = [];

    private static readonly int Last = FirstLent() - 1;

    public static int Next()
    {
        lock (Given)
        {
            while (true)
            {
                var port = Random.Shared.Next(First, Last);
                if (IsFree(port) && Given.Add(port))
                {
                    return port;
                }
            }
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FirstLent()
    {
        const string Range = "/proc/sys/net/ipv4/ip_local_port_range";
        var first = File.Exists(Range)
            ? int.Parse(File.ReadAllText(Range).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture)
            : 49_152;
        return first > First + 1000 ? first : 65_535;
    }
}
