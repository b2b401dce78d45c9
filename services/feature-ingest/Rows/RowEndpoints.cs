using System.Buffers;
using System.Text.Json;
using FeatureStore.Dapr;
using FeatureStore.FeatureIngest.Bodies;
using FeatureStore.Hosting.Access;
using FeatureStore.Hosting.Bodies;
using FeatureStore.Hosting.Errors;
using FeatureStore.Hosting.OpenApi;
using FeatureStore.Hosting.Requests;
using FeatureStore.Model;

namespace FeatureStore.FeatureIngest.Rows;

/// <summary><c>PATCH</c>, <c>PUT</c> and <c>DELETE /features/{entity_id}</c>: one row a request, or one entity.</summary>
internal static class RowEndpoints
{
    public static void MapRows(this WebApplication app)
    {
        foreach (var path in new[] { "/features", "/features/{**entity_id}" })
        {
            Describe(app.MapPatch(path, PatchAsync), "Sets the features named in the body; others stay.").WithTtl();
            Describe(app.MapPut(path, PutAsync), "Replaces the row: features not named in the body are gone.").WithTtl();
            Describe(app.MapDelete(path, DeleteAsync), "Deletes the entity's row in the view, or single features of it, or the entity's rows in all its views.")
                .WithQueryParameter("entity", "The entity. Without a view: delete its rows in all the views that are, or were, declared of it.")
                .WithQueryParameter("feature", "Delete only these features; repeated or comma-separated.", repeats: true);
        }
    }

    private static Task PatchAsync(HttpContext context, OnlineWriter writer, RegistryWatch registry, IngestOptions options, TimeProvider time) =>
        WriteAsync(context, RowOperation.Merge, writer, registry, options, time);

    private static Task PutAsync(HttpContext context, OnlineWriter writer, RegistryWatch registry, IngestOptions options, TimeProvider time) =>
        WriteAsync(context, RowOperation.Replace, writer, registry, options, time);

    private static Task DeleteAsync(HttpContext context, OnlineWriter writer, RegistryWatch registry, IngestOptions options, TimeProvider time) =>
        WriteAsync(context, RowOperation.Delete, writer, registry, options, time);

    private static async Task WriteAsync(
        HttpContext context, RowOperation operation, OnlineWriter writer, RegistryWatch registry, IngestOptions options, TimeProvider time)
    {
        ReadOnlyMemory<byte> body = default;
        if (operation != RowOperation.Delete)
        {
            if (!BodyReader.IsJson(context.Request))
            {
                await Problems.WriteAsync(context, BodyReader.Unsupported(context.Request, "application/json"));
                return;
            }

            body = await BodyReader.ReadAsync(context, options.MaxRowBytes);
        }

        var faults = new List<Fault>();
        if (operation == RowOperation.Delete && await BodyReader.HasBodyAsync(context))
        {
            // It may well say which features were meant; deleting all of them would be a guess.
            faults.Add(Fault.Malformed("A DELETE has no body: name single features in the query, as ?feature=…."));
        }

        var applied = await registry.GetAsync(context.RequestAborted);
        var known = faults.Count;
        var request = RowRequest.Read(context, operation, body, options.Context(time, applied), faults);
        if (request is null && faults.Exists(fault => fault.Kind is FaultKind.Unknown or FaultKind.Invalid)
            && await registry.RefreshAsync(context.RequestAborted) is var newest && newest != applied)
        {
            // What is not declared may have been declared a moment ago.
            faults.RemoveRange(known, faults.Count - known);
            request = RowRequest.Read(context, operation, body, options.Context(time, newest), faults);
        }

        if (request is null)
        {
            await Problems.WriteAsync(context, Problems.Of(faults));
            return;
        }

        var outcomes = await Task.WhenAll(request.Rows.Select(row => writer.WriteAsync(row))).WaitAsync(context.RequestAborted);
        await ReplyAsync(context, request, outcomes);
    }

    private static async Task ReplyAsync(HttpContext context, RowRequest request, WriteOutcome[] outcomes)
    {
        var row = request.Rows[0];
        var reply = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(reply, ReplyJson.Options))
        {
            json.WriteStartObject();
            if (row.Keys.Count == 1)
            {
                json.WriteString("entity_id", row.Keys[0]);
            }
            else
            {
                json.WriteStartArray("keys");
                foreach (var key in row.Keys)
                {
                    json.WriteStringValue(key);
                }

                json.WriteEndArray();
            }

            if (request.Entity is null)
            {
                WriteOutcome(json, row, outcomes[0]);
            }
            else
            {
                json.WriteString("entity", request.Entity);
                json.WriteStartArray("views");
                for (var i = 0; i < outcomes.Length; i++)
                {
                    json.WriteStartObject();
                    WriteOutcome(json, request.Rows[i], outcomes[i]);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = reply.WrittenCount;
        await context.Response.BodyWriter.WriteAsync(reply.WrittenMemory, context.RequestAborted);
    }

    private static void WriteOutcome(Utf8JsonWriter json, IncomingRow row, WriteOutcome outcome)
    {
        json.WriteString("view", row.View);
        json.WriteString("event_timestamp", outcome.Stamp.Event.ToString());
        json.WriteString("created_timestamp", outcome.Stamp.Created.ToString());
        json.WriteString("outcome", outcome.Applied ? "applied" : "superseded");
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder endpoint, string summary) => endpoint
        .WithSummary(summary)
        .Needs(Right.Write)
        .Produces<RowReplySchema>()
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
        .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
        .WithQueryParameter("entity_id", "An entity id, where it is not in the path; repeated for the keys of a composite id.", repeats: true)
        .WithQueryParameter("view", "The view; `default` where none is named.")
        .WithQueryParameter("event_timestamp", "When the fact was true (RFC 3339); now where it is not given.")
        .WithQueryParameter("created_timestamp", "When the row was produced (RFC 3339); now where it is not given.");

    private static RouteHandlerBuilder WithTtl(this RouteHandlerBuilder endpoint) => endpoint
        .WithQueryParameter("ttl_seconds", "How long after the event timestamp the values are served; for ever where it is not given.")
        .WithJsonBody("An object of features and their values, nothing else.", "application/json")
        .ProducesProblem(StatusCodes.Status415UnsupportedMediaType);
}
