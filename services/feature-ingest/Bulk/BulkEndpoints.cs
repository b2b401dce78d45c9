using FeatureStore.Dapr;
using FeatureStore.FeatureIngest.Bodies;
using FeatureStore.Hosting.Access;
using FeatureStore.Hosting.Bodies;
using FeatureStore.Hosting.Errors;
using FeatureStore.Hosting.OpenApi;
using FeatureStore.Hosting.Requests;
using FeatureStore.Model;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace FeatureStore.FeatureIngest.Bulk;

/// <summary><c>POST /features</c>: many rows, as NDJSON of any length or as a JSON array.</summary>
internal static class BulkEndpoints
{
    public static void MapBulk(this WebApplication app) => app.MapPost("/features", PostAsync)
        .WithSummary("Writes many rows.")
        .Needs(Right.Write)
        .WithDescription(
            "NDJSON (`application/x-ndjson`) is streamed and may have any length; a JSON array (`application/json`) is read whole. "
            + "Rows with faults are rejected and named by line, the others go in. 422 when rows were rejected, 503 when rows failed and have to be sent again; "
            + "both carry the same counts as the 200. "
            + "`to=history` writes rows to history alone, for training sets; `to=online` to the online store alone; with `from=history` their ttl is theirs, whatever the view declares now.")
        .WithJsonBody(
            "Rows: {\"view\",\"entity_id\" or \"keys\",\"op\",\"event_timestamp\",\"created_timestamp\",\"ttl_seconds\",\"features\"}; all but the id and features are optional.",
            "application/x-ndjson", "application/json")
        .Produces<BulkReplySchema>()
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status409Conflict)
        .ProducesProblem(StatusCodes.Status415UnsupportedMediaType)
        .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
        .DisableRequestTimeout();

    private static async Task PostAsync(HttpContext context, BulkIngest ingest, HistoryLog history, IngestOptions options)
    {
        var faults = new List<Fault>();
        var target = RequestTarget.Read(context, [new QueryParameter("to", IsList: true), new QueryParameter("from")], faults);
        var to = ReadDestination(target.All("to"), target.Single("from", faults), faults);
        if (faults.Count > 0)
        {
            await Problems.WriteAsync(context, Problems.Of(faults));
        }
        else if (to == Destination.History && !await history.IsKeptAsync())
        {
            await Problems.WriteAsync(context, Problems.Create(
                StatusCodes.Status409Conflict, Problems.NoHistory, "No history is kept.", "The sidecar of feature-ingest has no pub/sub component of the name history."));
        }
        else if (!string.IsNullOrEmpty(context.Request.ContentType) && BodyReader.IsJson(context.Request))
        {
            await PostArrayAsync(context, ingest, to, options);
        }
        else if (BodyReader.Matches(context.Request, "application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-lines"))
        {
            await PostLinesAsync(context, ingest, to, options);
        }
        else
        {
            await Problems.WriteAsync(context, BodyReader.Unsupported(context.Request, "application/x-ndjson or application/json"));
        }
    }

    private static Destination ReadDestination(IReadOnlyList<string> names, string? from, List<Fault> faults)
    {
        if (from is not null && (from != "history" || names is not ["online"]))
        {
            faults.Add(Fault.Malformed("from is history, together with to=online: rows that history gave, whose ttl is as it was.", "from"));
        }

        foreach (var name in names.Where(name => name is not ("online" or "history")))
        {
            faults.Add(Fault.Malformed($"to is online, history or both, as in to=online,history; '{StateKey.Shorten(name)}' is neither.", "to"));
        }

        return (names.Contains("online"), names.Contains("history")) switch
        {
            (true, false) => from is null ? Destination.Online : Destination.OnlineFromHistory,
            (false, true) => Destination.History,
            _ => Destination.OnlineAndHistory,
        };
    }

    private static async Task PostLinesAsync(HttpContext context, BulkIngest ingest, Destination to, IngestOptions options)
    {
        var session = await ingest.BeginAsync("line", to, context.RequestAborted);

        // The stream is as long as its producer likes, and as slow as the store behind it.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }

        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        var lines = new LineReader(context.Request.BodyReader, options.MaxRowBytes);
        try
        {
            while (await lines.ReadAsync(context.RequestAborted) is { } line)
            {
                if (line.IsTooLong)
                {
                    session.Report.Reject(lines.Number, [Fault.TooLarge($"The line is longer than {options.MaxRowBytes} bytes.")]);
                }
                else if (!line.Text.IsEmpty)
                {
                    await session.AddAsync(line.Text, lines.Number);
                }
            }
        }
        catch (BadHttpRequestException e)
        {
            // What came before the break is stored; the reply, if it still arrives, says how far that was.
            var torn = await session.EndAsync();
            torn.Reject(lines.Number + 1, [Fault.Malformed($"The body ends early: {e.Message}")]);
            await BulkReply.WriteAsync(context, torn, StatusCodes.Status400BadRequest);
            return;
        }

        await BulkReply.WriteAsync(context, await session.EndAsync());
    }

    private static async Task PostArrayAsync(HttpContext context, BulkIngest ingest, Destination to, IngestOptions options)
    {
        var body = await BodyReader.ReadAsync(context, options.MaxArrayBytes);
        var faults = new List<Fault>();
        var rows = JsonRows.Split(body, faults);
        if (faults.Count > 0)
        {
            await Problems.WriteAsync(context, Problems.Of(faults, "The body is not valid JSON. Nothing of it was stored."));
            return;
        }

        var session = await ingest.BeginAsync("element", to, context.RequestAborted);
        for (var i = 0; i < rows.Count; i++)
        {
            await session.AddAsync(rows[i], i + 1);
        }

        await BulkReply.WriteAsync(context, await session.EndAsync());
    }
}
