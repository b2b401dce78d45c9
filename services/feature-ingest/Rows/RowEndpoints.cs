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

/// <summary><c>PATCH</c>, <c>PUT</c> and <c>DELETE /features/{entity_id}</c>: one row a request.</summary>
internal static class RowEndpoints
{
    public static void MapRows(this WebApplication app)
    {
        foreach (var path in new[] { "/features", "/features/{**entity_id}" })
        {
            Describe(app.MapPatch(path, PatchAsync), "Sets the features named in the body; others stay.").WithTtl();
            Describe(app.MapPut(path, PutAsync), "Replaces the row: features not named in the body are gone.").WithTtl();
            Describe(app.MapDelete(path, DeleteAsync), "Deletes the entity's row in the view, or single features.")
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
        var row = RowRequest.Read(context, operation, body, options.Context(time, applied), faults);
        if (row is null && faults.Exists(fault => fault.Kind is FaultKind.Unknown or FaultKind.Invalid)
            && await registry.RefreshAsync(context.RequestAborted) is var newest && newest != applied)
        {
            // What is not declared may have been declared a moment ago.
            faults.RemoveRange(known, faults.Count - known);
            row = RowRequest.Read(context, operation, body, options.Context(time, newest), faults);
        }

        if (row is null)
        {
            await Problems.WriteAsync(context, Problems.Of(faults));
            return;
        }

        var outcome = await writer.WriteAsync(row).WaitAsync(context.RequestAborted);
        await ReplyAsync(context, row, outcome);
    }

    private static async Task ReplyAsync(HttpContext context, IncomingRow row, WriteOutcome outcome)
    {
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

            json.WriteString("view", row.View);
            json.WriteString("event_timestamp", outcome.Stamp.Event.ToString());
            json.WriteString("created_timestamp", outcome.Stamp.Created.ToString());
            json.WriteString("outcome", outcome.Applied ? "applied" : "superseded");
            json.WriteEndObject();
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = reply.WrittenCount;
        await context.Response.BodyWriter.WriteAsync(reply.WrittenMemory, context.RequestAborted);
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
