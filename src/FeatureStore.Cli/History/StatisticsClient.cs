using System.Text.Json;
using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.History;

/// <summary>What feature-history knows of views: <c>GET /registry/statistics</c>. Nothing waits long for it.</summary>
internal static class StatisticsClient
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(2);

    /// <summary>Asks for what is known of each view.</summary>
    /// <returns>What is known by the name of the view; null, and why, where there is no answer in time.</returns>
    public static async Task<(IReadOnlyDictionary<string, ViewFacts>? Views, string? Cause)> AskAsync(ServiceEndpoint service, CliConsole console, CancellationToken stop)
    {
        using var client = new ServiceClient(service, console, Within);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, service.Path("/registry/statistics"));
            var reply = await client.ExchangeAsync(request, stop);
            return reply.IsSuccess
                ? (client.Read(reply.Body, Read), null)
                : (null, $"{service.Name} at {service.Address} answers {(int)reply.Status}");
        }
        catch (CommandFailedException e)
        {
            return (null, e.InnerException is { } inner and not (JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
                ? $"{service.Name} is not reachable at {service.Address} ({ServiceEndpoint.Cause(inner)})"
                : $"{service.Address} does not answer as {service.Name} does");
        }
    }

    private static Dictionary<string, ViewFacts> Read(JsonElement reply) => reply.GetProperty("views").EnumerateObject().ToDictionary(
        view => view.Name,
        view => new ViewFacts(
            view.Value.GetProperty("rows").GetInt64(),
            view.Value.GetProperty("entities").GetInt64(),
            view.Value.GetProperty("files").GetInt64(),
            view.Value.GetProperty("bytes").GetInt64(),
            view.Value.GetProperty("oldest_event").GetString() ?? "",
            view.Value.GetProperty("newest_event").GetString() ?? "",
            view.Value.GetProperty("features").EnumerateObject().ToDictionary(
                feature => feature.Name,
                feature => new FeatureFacts(
                    feature.Value.GetProperty("rows").GetInt64(),
                    feature.Value.GetProperty("null_rate").GetDouble(),
                    feature.Value.TryGetProperty("newest_event", out var newest) ? newest.GetString() : null),
                StringComparer.Ordinal)),
        StringComparer.Ordinal);
}

/// <summary>What history knows of a view.</summary>
/// <param name="Rows">How many rows it keeps.</param>
/// <param name="Entities">Of how many entities.</param>
/// <param name="Files">In how many files.</param>
/// <param name="Bytes">Of how many bytes.</param>
/// <param name="OldestEvent">The least event timestamp, in RFC 3339.</param>
/// <param name="NewestEvent">The greatest.</param>
/// <param name="Features">What it knows of each feature.</param>
internal sealed record ViewFacts(
    long Rows, long Entities, long Files, long Bytes, string OldestEvent, string NewestEvent, IReadOnlyDictionary<string, FeatureFacts> Features);

/// <summary>What history knows of a feature.</summary>
/// <param name="Rows">How many rows set it.</param>
/// <param name="NullRate">The part of them, from 0 to 1, that sets it to null.</param>
/// <param name="NewestEvent">The greatest event timestamp of them, in RFC 3339.</param>
internal sealed record FeatureFacts(long Rows, double NullRate, string? NewestEvent);
