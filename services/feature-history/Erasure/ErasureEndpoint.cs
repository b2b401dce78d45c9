using System.Text.Json;
using System.Text.Json.Serialization;
using FeatureStore.Dapr;
using FeatureStore.History;
using FeatureStore.Hosting.Access;
using FeatureStore.Hosting.Errors;
using FeatureStore.Hosting.OpenApi;
using FeatureStore.Hosting.Requests;
using FeatureStore.Model;

namespace FeatureStore.FeatureHistory.Erasure;

/// <summary><c>POST /erasures?entity=airport&amp;entity_id=EWR</c>: removes all rows of an entity from history.</summary>
internal static class ErasureEndpoint
{
    public static void MapErasures(this WebApplication app)
    {
        MapEntity(app);
        app.MapDelete("/views/{view}", DeleteViewAsync)
            .Needs(Right.Write)
            .WithSummary("Removes all rows of a view from history that is declared no longer.")
            .Produces<ErasureReply>()
            .ProducesProblem(StatusCodes.Status409Conflict)
            .DisableRequestTimeout();
    }

    private static async Task DeleteViewAsync(HttpContext context, HistoryEraser eraser, RegistryWatch registry, TimeProvider time, string view)
    {
        if ((await registry.RefreshAsync(context.RequestAborted)).Registry.Views.ContainsKey(view))
        {
            await Problems.WriteAsync(context, Problems.Create(
                StatusCodes.Status409Conflict, Problems.RegistryRefused, $"The view '{view}' is declared.", "Remove it from the registry first: what is declared keeps its history."));
            return;
        }

        await WriteAsync(context, async () => [await eraser.EraseViewAsync(view, Timestamp.From(time.GetUtcNow()), context.RequestAborted)]);
    }

    private static void MapEntity(WebApplication app) => app.MapPost("/erasures", PostAsync)
        .Needs(Right.Write)
        .WithSummary("Removes all rows of an entity from history, in all its views and those it had.")
        .WithDescription("The files that hold them are written anew without them. What is on its way to history is not written when it comes. Doing it again is harmless.")
        .Produces<ErasureReply>()
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
        .DisableRequestTimeout();

    private static async Task PostAsync(HttpContext context, HistoryEraser eraser, HistoryCatalog catalog, RegistryWatch registry, TimeProvider time)
    {
        var faults = new List<Fault>();
        var target = RequestTarget.ReadQuery(context, [new QueryParameter("entity"), new QueryParameter("entity_id", IsList: true)], faults);
        var (entity, keys) = (target.Single("entity", faults), target.Keys(faults));
        var applied = await registry.RefreshAsync(context.RequestAborted);
        var stateKeys = faults.Count == 0 ? StateKeys(entity, keys, applied, catalog, faults) : [];
        if (faults.Count > 0)
        {
            await Problems.WriteAsync(context, Problems.Of(faults));
            return;
        }

        await WriteAsync(context, () => eraser.EraseAsync(stateKeys, Timestamp.From(time.GetUtcNow()), context.RequestAborted));
    }

    private static async Task WriteAsync(HttpContext context, Func<Task<IReadOnlyList<ErasedView>>> erase)
    {
        IReadOnlyList<ErasedView> views;
        try
        {
            views = await erase();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Problems.WriteAsync(context, Problems.Create(
                StatusCodes.Status503ServiceUnavailable, Problems.Unavailable, "Not all was erased. Do it again to go on.", e.Message));
            return;
        }

        context.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(context.Response.Body, new ErasureReply(views), ErasureJson.Default.ErasureReply, context.RequestAborted);
    }

    /// <summary>The state keys of an entity in all views that it has or had; without an entity in those that are not declared.</summary>
    private static List<string> StateKeys(string? entity, IReadOnlyList<string> keys, AppliedRegistry applied, HistoryCatalog catalog, List<Fault> faults)
    {
        if (entity is null && !applied.Registry.IsEmpty)
        {
            faults.Add(Fault.Malformed($"The entity is missing. There are {string.Join(", ", applied.Registry.Entities.Keys)}.", "entity"));
            return [];
        }

        var views = entity is null ? [.. catalog.Files.Keys] : RetiredView.ViewsOf(entity, applied.Registry, applied.Retired);
        if (entity is not null && !applied.Registry.Entities.ContainsKey(entity) && views.Count == 0)
        {
            faults.Add(Fault.Unknown($"There is no entity '{StateKey.Shorten(entity)}'.{ClosestName.Suggestion(entity, applied.Registry.Entities.Keys)}", "entity"));
            return [];
        }

        var stateKeys = new List<string>();
        foreach (var view in views)
        {
            var of = entity is null ? null : applied.Registry.Entities.GetValueOrDefault(entity) ?? applied.Retired[view].Entity;
            var canonical = of?.Canonical(keys, faults) ?? keys;
            if (faults.Count > 0 || StateKey.Encode(view, canonical, faults) is not { } key)
            {
                return [];
            }

            stateKeys.Add(key);
        }

        return stateKeys;
    }
}

/// <summary>What was removed.</summary>
/// <param name="Views">Of each view.</param>
internal sealed record ErasureReply(IReadOnlyList<ErasedView> Views);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ErasureReply))]
internal sealed partial class ErasureJson : JsonSerializerContext;
