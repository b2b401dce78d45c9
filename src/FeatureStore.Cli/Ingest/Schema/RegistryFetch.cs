using System.Net;
using FeatureStore.Cli.Registry;
using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.Ingest;

/// <summary>Asks a service what is declared, as patiently as rows are sent to it.</summary>
internal static class RegistryFetch
{
    /// <summary>Asks, for as long as patience lasts where the service is away.</summary>
    /// <returns>Null where nothing is declared, or where the service is too old to know of declarations.</returns>
    /// <exception cref="CommandFailedException">The service is away for too long, or does not answer as it should.</exception>
    public static async Task<ServedRegistry?> GetAsync(ServiceEndpoint service, TimeSpan patience, CliConsole console, CancellationToken stop)
    {
        using var client = new ServiceClient(service, console);
        var pauses = new RetryPauses(patience, console.Time);
        var told = false;
        while (true)
        {
            var (reply, cause) = await AskAsync(client, stop);
            if (cause is null)
            {
                console.Error.Write(told ? "going on\n" : "");
                return Read(client, reply!, console);
            }

            if (!told)
            {
                console.Error.WriteLine($"waiting for {service.Name} at {service.Address}: {TerminalText.VisibleLine(cause)}");
                told = true;
            }

            if (!await pauses.PauseAsync(null, stop))
            {
                throw new CommandFailedException(service.GivenUp(patience, cause));
            }
        }
    }

    private static async Task<(ServiceReply? Reply, string? Cause)> AskAsync(ServiceClient client, CancellationToken stop)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, client.Service.Path(RegistryClient.Path));
            var reply = await client.ExchangeAsync(request, stop);
            var isAway = reply.Status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)reply.Status >= 500;
            return (reply, isAway ? $"it answers {(int)reply.Status}" : null);
        }
        catch (CommandFailedException e) when (e.InnerException is { } inner)
        {
            return (null, ServiceEndpoint.Cause(inner));
        }
    }

    private static ServedRegistry? Read(ServiceClient client, ServiceReply reply, CliConsole console)
    {
        switch (reply.Status)
        {
            case HttpStatusCode.OK:
                var served = new RegistryClient(client).Read(reply.Body);
                return served.Registry.IsEmpty ? null : served;
            case HttpStatusCode.NotFound:
                // An older service. Or something else, which the first row will tell.
                return null;
            case HttpStatusCode.Forbidden:
                console.Error.WriteLine("Note: the API key may not read the registry, so nothing is checked before the rows are sent.");
                return null;
            default:
                throw client.Failed(reply);
        }
    }
}
