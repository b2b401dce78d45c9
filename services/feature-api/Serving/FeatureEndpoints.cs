using FeatureStore.Dapr;
using FeatureStore.FeatureApi.Streaming;
using FeatureStore.Hosting.Bodies;
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
                    "404 when no feature is live. Composite ids, and ids with awkward characters, go as `?entity_id=…`, repeated in order. "
                    + "With `Accept: text/event-stream` a stream: the same body as a `snapshot`, then as a `change` whenever it differs, and heartbeats.")
                .Produces<FeatureReplySchema>()
                .ProducesProblem(StatusCodes.Status400BadRequest)
                .ProducesProblem(StatusCodes.Status404NotFound)
                .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
                .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
                .WithQueryParameter("entity_id", "An entity id, where it is not in the path; repeated for the keys of a composite id.", repeats: true)
                .WithQueryParameter("view", "The view; repeated or comma-separated for several. Where none is named, all views of the entity; with nothing declared, `default`.", repeats: true)
                .WithQueryParameter("feature", "Only these features; repeated or comma-separated.", repeats: true)
                .WithQueryParameter("entity", "The entity, where several are declared and neither a view nor a service is named.")
                .WithQueryParameter("service", "The features of this feature service, in place of view and feature.")
                .WithQueryParameter("defaults", "`true` to have the declared defaults fill in for values that are missing, expired or null.")
                .WithQueryParameter("metadata", "`true` for each feature's view, status, stamps, expiry and age.");
        }
    }

    private static async Task GetAsync(HttpContext context, EntityReader reader, EventStreams streams, RegistryWatch registry, CancellationToken cancellationToken)
    {
        var faults = new List<Fault>();
        var applied = await registry.GetAsync(cancellationToken);
        ReplyHeaders.Write(context, applied);
        if (FeatureQuery.Read(context, applied, faults) is not { } query)
        {
            await Problems.WriteAsync(context, Problems.Of(faults));
            return;
        }

        ReplyHeaders.Write(context, applied, query.Service);
        if (EventStreams.AreAskedFor(context))
        {
            await streams.ServeAsync(context, query);
            return;
        }

        var documents = await reader.ReadAsync(query, cancellationToken);
        using var reply = new PooledBuffer(1024 + documents.Sum(document => (long)document.Length));
        if (reader.TryCopy(query, documents, out var raw) && raw.Length > 2)
        {
            FeatureReply.Write(reply, query, raw.Span);
        }
        else
        {
            var features = reader.TakeApart(query, documents, out var now);
            var isKnown = query.WithMetadata
                ? features.Exists(feature => feature.Value.Stamp is not null || feature.Value.HasText)
                : features.Exists(feature => feature.Value.HasText);
            if (!isKnown)
            {
                await Problems.WriteAsync(context, Missing(query));
                return;
            }

            FeatureReply.Write(reply, query, features, now);
        }

        await reply.SendAsync(context, "application/json");
    }

    private static Microsoft.AspNetCore.Mvc.ProblemDetails Missing(FeatureQuery query) => Problems.Create(
        StatusCodes.Status404NotFound,
        Problems.NotFound,
        "No live feature was found.",
        $"The entity '{string.Join("', '", query.Keys)}' has no live feature{(query.IsNarrowed ? " of those asked for" : "")} in {string.Join(", ", query.Views.Select(view => view.Name))}.");
}
