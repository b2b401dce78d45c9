using System.Buffers;
using FeatureStore.Hosting.Errors;
using FeatureStore.Hosting.OpenApi;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Serving;

/// <summary><c>GET /features/{entity_id}</c> and <c>GET /features?entity_id=…</c>.</summary>
internal static class FeatureEndpoints
{
    public static void MapFeatures(this WebApplication app)
    {
        foreach (var path in new[] { "/features", "/features/{**entity_id}" })
        {
            app.MapGet(path, GetAsync)
                .WithSummary("The latest features of an entity.")
                .WithDescription(
                    "404 when no feature is live. Composite ids, and ids with awkward characters, go as `?entity_id=…`, repeated in order.")
                .Produces<FeatureReplySchema>()
                .ProducesProblem(StatusCodes.Status400BadRequest)
                .ProducesProblem(StatusCodes.Status404NotFound)
                .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
                .WithQueryParameter("entity_id", "An entity id, where it is not in the path; repeated for the keys of a composite id.", repeats: true)
                .WithQueryParameter("view", "The view; repeated or comma-separated for several. `default` where none is named.", repeats: true)
                .WithQueryParameter("feature", "Only these features; repeated or comma-separated.", repeats: true)
                .WithQueryParameter("metadata", "`true` for each feature's view, status, stamps and expiry.");
        }
    }

    private static async Task GetAsync(HttpContext context, EntityReader reader, CancellationToken cancellationToken)
    {
        var faults = new List<Fault>();
        if (FeatureQuery.Read(context, faults) is not { } query)
        {
            await Problems.WriteAsync(context, Problems.Of(faults));
            return;
        }

        var documents = await reader.ReadAsync(query, cancellationToken);
        var reply = new ArrayBufferWriter<byte>(256);
        if (reader.TryCopy(query, documents, out var raw) && raw.Length > 2)
        {
            FeatureReply.Write(reply, query, raw.Span);
        }
        else
        {
            var features = reader.TakeApart(query, documents);
            var isKnown = query.WithMetadata
                ? features.Exists(feature => feature.Stamp is not null)
                : features.Exists(feature => feature.IsLive);
            if (!isKnown)
            {
                await Problems.WriteAsync(context, Missing(query));
                return;
            }

            FeatureReply.Write(reply, query, features);
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = reply.WrittenCount;
        await context.Response.BodyWriter.WriteAsync(reply.WrittenMemory, cancellationToken);
    }

    private static Microsoft.AspNetCore.Mvc.ProblemDetails Missing(FeatureQuery query) => Problems.Create(
        StatusCodes.Status404NotFound,
        Problems.NotFound,
        "No live feature was found.",
        $"The entity '{string.Join("', '", query.Keys)}' has no live feature{(query.Features.Count > 0 ? " of those asked for" : "")} in {string.Join(", ", query.Views)}.");
}
