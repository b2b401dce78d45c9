using System.Diagnostics;
using System.Text;
using System.Text.Json;
using FeatureStore.DaprConformance.Calls;
using FeatureStore.DaprConformance.Comparing;
using FeatureStore.DaprConformance.Recordings;
using FeatureStore.DaprConformance.Rows;
using FeatureStore.DaprConformance.Sidecars;

namespace FeatureStore.DaprConformance.Runs;

/// <summary>Makes a fixture's calls to one sidecar.</summary>
public sealed class Replay(Fixture fixture, ISidecar sidecar, Bindings bindings, IRows? rows = null) : IDisposable
{
    private readonly Dictionary<string, long> _ended = [];

    public HttpCaller Http { get; } = new(sidecar.Http, bindings, sidecar.ApiToken);

    public GrpcCaller Grpc { get; } = new(sidecar.Grpc, bindings, sidecar.ApiToken);

    public IRows? Rows => rows;

    /// <summary>Does what was not recorded before the step, makes its call and compares the answer.</summary>
    public async Task<Comparison> CallAsync(Step step, CancellationToken cancellationToken)
    {
        var comparison = new Comparison(bindings);
        await CallAsync(step, comparison, cancellationToken);
        return comparison;
    }

    /// <summary>The same, where the app takes part in the comparison.</summary>
    public async Task CallAsync(Step step, Comparison comparison, CancellationToken cancellationToken)
    {
        await PrepareAsync(step, cancellationToken);
        var request = fixture.Unrecorded.FirstOrDefault(u => u.IsFor(step) && u.Request is not null)?.Request ?? step.Request!.Value;
        if (request.GetProperty("transport").GetString() == "grpc")
        {
            comparison.Grpc(step.Response!.Value, await Grpc.CallAsync(request, cancellationToken));
        }
        else
        {
            // Of the metadata, which tells much of daprd's own, every member is compared for itself.
            var byMembers = request.GetProperty("path").GetString() == "/v1.0/metadata";
            comparison.Http(step.Response!.Value, await Http.CallAsync(request, cancellationToken), byMembers);
        }

        _ended[step.Name] = Stopwatch.GetTimestamp();
    }

    public async Task PrepareAsync(Step step, CancellationToken cancellationToken)
    {
        foreach (var before in fixture.Unrecorded.Where(u => u.IsFor(step)))
        {
            await PrepareAsync(before, cancellationToken);
        }
    }

    public void Dispose()
    {
        Http.Dispose();
        Grpc.Dispose();
    }

    private async Task PrepareAsync(Unrecorded before, CancellationToken cancellationToken)
    {
        foreach (var call in before.Calls ?? [])
        {
            var body = call.Count > 2 ? Encoding.UTF8.GetBytes(bindings.Fill(call[2])) : null;
            var reply = await Http.CallAsync(call[0], call[1], body is null ? [] : [("Content-Type", "application/json")], body, cancellationToken);
            if (reply.Status >= 300)
            {
                throw new InvalidOperationException($"{call[0]} {call[1]} before \"{before.Before}\" gave {reply.Status}: {RecordedText.Of(reply.Body)}");
            }
        }

        foreach (var command in before.Redis ?? [])
        {
            await rows!.ExecuteAsync(command);
        }

        foreach (var (name, key) in before.ETags ?? [])
        {
            var reply = await Http.CallAsync("GET", $"/v1.0/state/store/{key}", [], null, cancellationToken);
            bindings.Bind(name, reply.Headers["ETag"]);
        }

        if (before.After is { } step)
        {
            var left = TimeSpan.FromMilliseconds(before.Milliseconds) - Stopwatch.GetElapsedTime(_ended[step]);
            await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken);
        }
    }
}
