using System.Net;
using System.Text.Json;
using FeatureStore.Faults.Checking;
using FeatureStore.Faults.Rows;

namespace FeatureStore.Faults.Load;

/// <summary>Reads entities through feature-api and has what it gets checked.</summary>
internal sealed class Reader(Histories histories, IReadOnlyList<HttpClient> apis, Random random, TimeProvider time)
{
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var entity = RowGenerator.Entity(random, time);
            histories.Report(await ReadAsync(entity, random.Next(apis.Count), isLast: false) ?? []);
            await Task.Delay(random.Next(5, 30), CancellationToken.None);
        }
    }

    /// <summary>Reads one entity.</summary>
    /// <param name="entity">The entity id.</param>
    /// <param name="replica">Which replica is asked.</param>
    /// <param name="isLast">Whether every event that was published must have arrived by now.</param>
    /// <returns>What is wrong with the answer; null if there was none.</returns>
    public async Task<IReadOnlyList<Finding>?> ReadAsync(string entity, int replica, bool isLast)
    {
        var history = histories.Of(entity);
        var before = history.Before(replica, histories.Now);
        var started = histories.Now;
        HttpStatusCode status;
        string body;
        try
        {
            using var reply = await apis[replica].GetAsync($"/features/{entity}?view={WrittenRow.View}");
            status = reply.StatusCode;
            body = await reply.Content.ReadAsStringAsync();
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException)
        {
            histories.Counters.Read(answered: false);
            return null;
        }

        var ended = histories.Now;
        histories.Counters.Read(answered: status != HttpStatusCode.ServiceUnavailable);
        switch (status)
        {
            case HttpStatusCode.OK:
                using (var json = JsonDocument.Parse(body))
                {
                    var served = json.RootElement.GetProperty("features").EnumerateObject().ToDictionary(f => f.Name, f => f.Value.GetRawText());
                    return history.Check(isLast ? null : before, served, started, ended, replica);
                }

            case HttpStatusCode.NotFound:
                return history.Check(isLast ? null : before, new Dictionary<string, string>(), started, ended, replica);
            case HttpStatusCode.ServiceUnavailable:
                return null;
            default:
                return [new Finding(FindingKind.Unexpected, entity, $"GET was answered {(int)status}: {body}", "")];
        }
    }
}
