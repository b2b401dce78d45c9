using System.Globalization;
using System.Net;
using System.Text.Json;
using FeatureStore.Faults.Checking;
using FeatureStore.Faults.Rows;

namespace FeatureStore.Faults.Load;

/// <summary>
/// The first thing that a new user does: sets one feature to one number after another, without timestamps. A number that was
/// acknowledged beats those before it, unless one of these was left without an answer: that may go in at any time.
/// </summary>
internal sealed class SequenceWriter(Histories histories, string entity, IReadOnlyList<HttpClient> ingests, IReadOnlyList<HttpClient> apis, Random random)
{
    private readonly HashSet<long> _unclear = [];
    private readonly List<(long At, long Number)> _acknowledgements = [(long.MinValue, 0)];
    private long _last;
    private long _acknowledged;

    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            _last++;
            for (var i = 0; i < 5 && _acknowledged < _last; i++)
            {
                await WriteAsync();
            }

            histories.Report(await CheckAsync() ?? []);
            await Task.Delay(random.Next(5, 60), CancellationToken.None);
        }
    }

    /// <summary>Reads the entity.</summary>
    /// <returns>What is wrong with the answer; null if there was none.</returns>
    public async Task<IReadOnlyList<Finding>?> CheckAsync()
    {
        // Where a read may be stale, all that was acknowledged since is right too.
        var due = histories.Staleness == 0 ? _acknowledged : _acknowledgements.FindLast(one => one.At <= histories.Now - histories.Staleness).Number;
        var (status, body) = await Writer.CallAsync(apis[random.Next(apis.Count)], HttpMethod.Get, $"/features/{entity}?view={WrittenRow.View}", null, "");
        histories.Counters.Read(answered: status is not (null or HttpStatusCode.ServiceUnavailable));
        switch (status)
        {
            case null or HttpStatusCode.ServiceUnavailable:
                return null;
            case HttpStatusCode.NotFound when due == 0:
                return [];
            case HttpStatusCode.OK:
                using (var reply = JsonDocument.Parse(body))
                {
                    var served = reply.RootElement.GetProperty("features").GetProperty("n").GetInt64();
                    return (served >= due && served <= _acknowledged) || _unclear.Contains(served) ? []
                        : [Wrong(served > _last ? FindingKind.Invented : FindingKind.Lost, $"n is {served}")];
                }

            case HttpStatusCode.NotFound:
                return [Wrong(FindingKind.Lost, "nothing is served")];
            default:
                return [Wrong(FindingKind.Unexpected, $"GET was answered {(int)status}: {body}")];
        }
    }

    private async Task WriteAsync()
    {
        histories.Counters.Sent();
        histories.Counters.SingleRequest();
        var row = HistoryRow.Of(new WrittenRow(_last, entity, RowKind.Merge, ["n"], default, null));
        histories.Logged.Send(row);
        var (status, body) = await Writer.CallAsync(
            ingests[random.Next(ingests.Count)], HttpMethod.Patch, $"/features/{entity}?view={WrittenRow.View}",
            string.Create(CultureInfo.InvariantCulture, $"{{\"n\":{_last}}}"), "application/json");
        if (status == HttpStatusCode.OK)
        {
            _acknowledged = _last;
            _acknowledgements.Add((histories.Now, _last));
            histories.Counters.Stored();
            histories.Logged.Owe(row with { Stamp = RowStamp.Read(body) }, histories.Now, "stored");
        }
        else if (status is null or HttpStatusCode.ServiceUnavailable)
        {
            _unclear.Add(_last);
            histories.Counters.Unclear();
            await Task.Delay(random.Next(50, 400), CancellationToken.None);
        }
        else
        {
            histories.Report([Wrong(FindingKind.Unexpected, $"PATCH was answered {(int)status}: {body}")]);
        }
    }

    private Finding Wrong(FindingKind kind, string detail) => new(
        kind, entity, string.Create(CultureInfo.InvariantCulture, $"{detail}, after {_acknowledged} was acknowledged; unclear were {string.Join(' ', _unclear.TakeLast(20))}"), "");
}
