using FeatureStore.Dapr;
using FeatureStore.History;
using FeatureStore.Hosting.Access;
using FeatureStore.Hosting.Errors;
using FeatureStore.Hosting.OpenApi;
using FeatureStore.Hosting.Requests;
using FeatureStore.Model;

namespace FeatureStore.FeatureHistory.Rebuild;

/// <summary><c>GET /rows?view=airport_weather</c>: the rows that an online store is made of anew, as NDJSON.</summary>
internal static class RowsEndpoint
{
    public static void MapRows(this WebApplication app) => app.MapGet("/rows", GetAsync)
        .Needs(Right.Read)
        .WithSummary("The newest rows of every entity of a view, as NDJSON that feature-ingest takes: what an online store is made of anew.")
        .WithQueryParameter("view", "The view.")
        .WithQueryParameter("after", "The entity behind which to begin, as the keys of a row say it, percent-encoded and joined by /.")
        .Produces(StatusCodes.Status200OK, contentType: "application/x-ndjson")
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status404NotFound)
        .DisableRequestTimeout();

    private static async Task GetAsync(HttpContext context, CurrentRows rows, HistoryCatalog catalog, RegistryWatch registry)
    {
        var faults = new List<Fault>();
        var target = RequestTarget.ReadQuery(context, [new QueryParameter("view"), new QueryParameter("after")], faults);
        var (name, after) = (target.Single("view", faults), target.Single("after", faults));
        using var lease = catalog.Hold();
        var declared = (await registry.GetAsync(context.RequestAborted)).Registry;
        if (name is null)
        {
            faults.Add(Fault.Malformed($"The view is missing. There are {string.Join(", ", declared.Views.Keys.Union(lease.Files.Keys))}.", "view"));
        }
        else if (!declared.Views.ContainsKey(name) && !(declared.IsEmpty && lease.Files.ContainsKey(name)))
        {
            faults.Add(Fault.Unknown($"There is no view '{StateKey.Shorten(name)}'.{ClosestName.Suggestion(name, declared.Views.Keys)}", "view"));
        }

        if (faults.Count > 0)
        {
            await Problems.WriteAsync(context, Problems.Of(faults));
            return;
        }

        var view = declared.Views.GetValueOrDefault(name!);
        var files = lease.Files.GetValueOrDefault(name!, []);
        context.Response.ContentType = "application/x-ndjson";
        context.Response.Headers["featurestore-rows"] = files.Sum(file => file.Facts.Rows).ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (files.Count > 0)
        {
            await rows.WriteAsync(new ViewHistory(name!, view, view is null ? null : declared.Entities[view.Entity], files), after, context.Response.Body, context.RequestAborted);
        }
    }
}
