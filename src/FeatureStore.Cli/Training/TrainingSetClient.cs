using System.Net;
using System.Net.Http.Headers;
using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.Training;

/// <summary>Training sets of feature-history, over HTTP.</summary>
internal sealed class TrainingSetClient(ServiceEndpoint service, CliConsole console) : IDisposable
{
    private static readonly TimeSpan DeleteWithin = TimeSpan.FromSeconds(5);

    private readonly ServiceClient _calls = new(service, console);

    /// <summary>Events and sets may be of any size.</summary>
    private readonly ServiceClient _transfers = new(service, console, Timeout.InfiniteTimeSpan);

    /// <summary>Sends the events, as they are read, and what is asked for of them.</summary>
    /// <exception cref="CommandFailedException">The service cannot be reached, or refuses.</exception>
    public async Task<TrainingJob> BeginAsync(Stream events, string mediaType, string query, CancellationToken stop)
    {
        using var content = new StreamContent(events);
        content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        using var request = new HttpRequestMessage(HttpMethod.Post, service.Path($"/training-sets?{query}")) { Content = content };

        // What is wrong with the request is said before the events are sent.
        request.Headers.ExpectContinue = true;
        var reply = await _transfers.ExchangeAsync(request, stop);
        return reply.IsSuccess ? _calls.Read(reply.Body, TrainingJob.Read) : throw _calls.Failed(reply);
    }

    /// <summary>Asks how far a set is.</summary>
    /// <returns>Null, and why, where the service gave no answer for the moment.</returns>
    /// <exception cref="CommandFailedException">The set is not there any more, or the service refuses.</exception>
    public async Task<(TrainingJob? Job, string? Cause)> AskAsync(string id, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, service.Path($"/training-sets/{id}"));
        ServiceReply reply;
        try
        {
            reply = await _calls.ExchangeAsync(request, stop);
        }
        catch (CommandFailedException e) when (e.InnerException is { } inner)
        {
            return (null, ServiceEndpoint.Cause(inner));
        }

        return reply switch
        {
            { IsSuccess: true } => (_calls.Read(reply.Body, TrainingJob.Read), null),
            { Status: HttpStatusCode.NotFound, IsProblem: true } => throw Lost(),
            { Status: HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError } => (null, $"it answers {(int)reply.Status}"),
            _ => throw _calls.Failed(reply),
        };
    }

    /// <summary>Fetches a set that is done.</summary>
    /// <exception cref="CommandFailedException">The service cannot be reached, or does not have it any more.</exception>
    public async Task<T> FetchAsync<T>(string id, Func<Stream, Task<T>> read, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, service.Path($"/training-sets/{id}/data"));
        return await _transfers.ReceiveAsync(request, read, stop);
    }

    /// <summary>Has the service stop a set, or let go of it.</summary>
    /// <returns>Whether it is gone.</returns>
    public async Task<bool> DeleteAsync(string id)
    {
        using var within = new CancellationTokenSource(DeleteWithin, console.Time);
        using var request = new HttpRequestMessage(HttpMethod.Delete, service.Path($"/training-sets/{id}"));
        try
        {
            var reply = await _calls.ExchangeAsync(request, within.Token);
            return reply.IsSuccess || reply.Status == HttpStatusCode.NotFound;
        }
        catch (Exception e) when (e is CommandFailedException or OperationCanceledException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _calls.Dispose();
        _transfers.Dispose();
    }

    private CommandFailedException Lost() => new(
        $"The training set is lost: {service.Name} at {service.Address} was restarted while it was made. Nothing was written. Running the same command again is safe.");
}
