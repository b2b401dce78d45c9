using System.Globalization;
using System.Text;
using FeatureStore.History;
using FeatureStore.Hosting.Access;
using FeatureStore.Hosting.Errors;
using FeatureStore.Hosting.OpenApi;
using FeatureStore.Hosting.Requests;
using FeatureStore.Model;

namespace FeatureStore.FeatureHistory.Entities;

/// <summary><c>GET /entities?view=airport_weather</c>: which entities of a view have history.</summary>
internal static class EntitiesEndpoint
{
    private const int DefaultLimit = 10_000;
    private const int MostLimit = 100_000;

    public static void MapEntities(this WebApplication app) => app.MapGet("/entities", GetAsync)
        .Needs(Right.Read)
        .WithSummary("The entities of a view that have history, a line each: their keys percent-encoded and joined by /.")
        .WithQueryParameter("view", "The view.")
        .WithQueryParameter("after", "The entity behind which to begin.")
        .WithQueryParameter("limit", $"How many at the most, from 1 to {MostLimit}; {DefaultLimit} unless told otherwise.")
        .Produces<string>(StatusCodes.Status200OK, "text/plain")
        .ProducesProblem(StatusCodes.Status400BadRequest);

    private static async Task GetAsync(HttpContext context, HistoryEntities entities)
    {
        var faults = new List<Fault>();
        var target = RequestTarget.ReadQuery(context, [new QueryParameter("view"), new QueryParameter("after"), new QueryParameter("limit")], faults);
        var (view, after, count) = (target.Single("view", faults), target.Single("after", faults) ?? "", target.Single("limit", faults));
        var limit = DefaultLimit;
        if (count is not null && !(int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is > 0 and <= MostLimit))
        {
            faults.Add(Fault.Malformed($"limit is a number from 1 to {MostLimit}; '{StateKey.Shorten(count)}' is not.", "limit"));
        }

        if (view is null)
        {
            faults.Add(Fault.Malformed("The view is missing.", "view"));
        }

        if (faults.Count > 0)
        {
            await Problems.WriteAsync(context, Problems.Of(faults));
            return;
        }

        var found = await entities.ListAsync(view!, after, limit, context.RequestAborted);
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(found.Select(entity => entity + "\n"))), context.RequestAborted);
    }
}
