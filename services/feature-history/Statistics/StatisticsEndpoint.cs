using System.Text.Json;
using System.Text.Json.Serialization;
using FeatureStore.History;
using FeatureStore.Hosting.Access;

namespace FeatureStore.FeatureHistory.Statistics;

/// <summary><c>GET /registry/statistics</c>: what history knows of each view and feature.</summary>
internal static class StatisticsEndpoint
{
    public static void MapStatistics(this WebApplication app) => app.MapGet("/registry/statistics", GetAsync)
        .Needs(Right.Read)
        .WithSummary("Rows, entities, time range, bytes, newest event and null rate of each view and feature in history.")
        .Produces<StatisticsReply>();

    private static async Task GetAsync(HttpContext context, HistoryStatistics statistics)
    {
        var reply = new StatisticsReply(await statistics.GetAsync(context.RequestAborted));
        context.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(context.Response.Body, reply, StatisticsJson.Default.StatisticsReply, context.RequestAborted);
    }
}

/// <summary>The reply.</summary>
/// <param name="Views">What is known of each view, by name.</param>
internal sealed record StatisticsReply(IReadOnlyDictionary<string, ViewStatistics> Views);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StatisticsReply))]
internal sealed partial class StatisticsJson : JsonSerializerContext;
