using System.Net;
using System.Net.Sockets;

namespace FeatureStore.Cli.Up;

/// <summary>A port on the loopback that <c>up</c> listens on.</summary>
/// <param name="Number">The port.</param>
/// <param name="Purpose">Who listens there.</param>
/// <param name="Option">The option that changes it.</param>
internal sealed record Port(int Number, string Purpose, string Option)
{
    public Uri Address => new($"http://127.0.0.1:{Number}");

    /// <summary>Checks a number; 0 becomes one that is free now.</summary>
    public static Port Of(int number, string purpose, string option, FreePorts free) => number switch
    {
        0 => new Port(free.Next(), purpose, option),
        > 0 and <= IPEndPoint.MaxPort => new Port(number, purpose, option),
        _ => throw new UsageException($"{option}: {number} is no port. Give one from 1 to {IPEndPoint.MaxPort}, or 0 for any that is free."),
    };

    /// <summary>Two listeners need two ports.</summary>
    public static void CheckDistinct(IReadOnlyList<Port> ports)
    {
        if (ports.GroupBy(port => port.Number).FirstOrDefault(group => group.Count() > 1) is { } same)
        {
            throw new UsageException($"{string.Join(" and ", same.Select(port => port.Option))} are {(same.Count() == 2 ? "both" : "all")} {same.Key}. Give each its own port.");
        }
    }

    /// <summary>What stands in the way of listening on a port, for each for which something does.</summary>
    public static IReadOnlyList<string> Busy(IReadOnlyList<Port> ports) =>
        [.. ports.Select(port => port.Fault()).OfType<string>()];

    public string InUse() => $"Port {Number} ({Purpose}) is in use by another program. Stop that one, or choose another port with {Option}.";

    private string? Fault()
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, Number);
            probe.Start();
            return null;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            return $"Port {Number} ({Purpose}) may not be used by this user. Choose another with {Option}.";
        }
        catch (SocketException)
        {
            return InUse();
        }
    }
}
