using System.Net.Sockets;

namespace FeatureStore.Cli.Service;

/// <summary>One of the services, as a command reaches it.</summary>
internal sealed class ServiceEndpoint
{
    private readonly string _base;

    private ServiceEndpoint(string name, string address, string option)
    {
        Name = name;
        _base = address;
        Option = option;
    }

    /// <summary>The option that says where it is.</summary>
    public string Option { get; }

    /// <summary>The service's name: <c>feature-api</c>, <c>feature-ingest</c> or <c>feature-history</c>.</summary>
    public string Name { get; }

    /// <summary>The address as it is shown.</summary>
    public string Address => _base;

    /// <summary>Takes the option, else the environment variable, else the default that <c>up</c> serves on.</summary>
    public static ServiceEndpoint Resolve(string name, string? option, string variable, string fallback, CliConsole console, string optionName = "--endpoint")
    {
        var (text, source) = option is not null
            ? (option, optionName)
            : console.Variable(variable) is { Length: > 0 } set ? (set, variable) : (fallback, "");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")
            || uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            throw new UsageException($"{source}: \"{text}\" is no address of {name}. Write it as {fallback}.");
        }

        return new ServiceEndpoint(name, text.TrimEnd('/'), optionName);
    }

    public Uri Path(string pathAndQuery) => new(_base + pathAndQuery);

    /// <summary>What to tell when the service cannot be reached.</summary>
    public string Unreachable(Exception e) =>
        $"{Name} is not reachable at {_base} ({Cause(e)}). Start it with `featurestore up`, or give {Option}.";

    /// <summary>What to tell when patience with the service is at an end.</summary>
    public string GivenUp(TimeSpan patience, string cause) =>
        $"Gave up on {Name} at {Address} after {patience.TotalSeconds:0.#} s: {cause.TrimEnd('.')}. "
        + $"Start it with `featurestore up`, or give {Option}.";

    /// <summary>Why a request got no answer, in a few words.</summary>
    public static string Cause(Exception e)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return "connection refused";
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain }:
                    return "the host is not known";
                case SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown }:
                    return "the connection was cut";
                case SocketException socket:
                    return socket.Message;
                case TimeoutException or TaskCanceledException:
                    return "no answer in time";
                default:
                    break;
            }
        }

        return e is HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } or HttpIOException or IOException
            ? "the connection was cut"
            : e.Message;
    }
}
