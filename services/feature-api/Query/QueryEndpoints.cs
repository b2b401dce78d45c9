using System.Text.Json;
using FeatureStore.Dapr;
using FeatureStore.FeatureApi.Serving;
using FeatureStore.Hosting.Bodies;
using FeatureStore.Hosting.Errors;
using FeatureStore.Hosting.OpenApi;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Query;

/// <summary><c>POST /features/query</c>: many entities at once, of several kinds.</summary>
internal static class QueryEndpoints
{
    public static void MapQuery(this WebApplication app) => app.MapPost("/features/query", PostAsync)
        .WithSummary("The latest features of many entities.")
        .WithDescription(
            "Each entity may carry the join keys of several entities, whose features are joined in one row. Rows come in the request's order, with a status for each value.")
        .WithJsonBody(
            "{\"service\":\"…\"} or {\"features\":[\"view:feature\",…]}, and \"entities\":[{\"join_key\":\"…\"},…]; optional \"metadata\" and \"defaults\".",
            "application/json")
        .Produces<QueryReplySchema>()
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
        .ProducesProblem(StatusCodes.Status415UnsupportedMediaType)
        .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static async Task PostAsync(
        HttpContext context, QueryReader reader, RegistryWatch registry, QueryOptions options, CancellationToken cancellationToken)
    {
        var applied = await registry.GetAsync(cancellationToken);
        ReplyHeaders.Write(context, applied);
        if (!BodyReader.IsJson(context.Request))
        {
            await Problems.WriteAsync(context, BodyReader.Unsupported(context.Request, "application/json"));
            return;
        }

        var body = await BodyReader.ReadAsync(context, options.MaxBodyBytes);
        var faults = new List<Fault>();
        using var json = Parse(body, faults);
        if (json is null || QueryRequest.Read(json.RootElement, applied, options, faults) is not { } request)
        {
            await Problems.WriteAsync(context, Problems.Of(faults));
            return;
        }

        ReplyHeaders.Write(context, applied, request.Plan.Service?.Name);
        using var result = await reader.ReadAsync(request.Plan, request.StateKeys, request.WithDefaults, cancellationToken);
        if (result.FaultOfSize(options) is { } fault)
        {
            await Problems.WriteAsync(context, Problems.Of([Fault.TooLarge($"{fault}.", "entities")]));
            return;
        }

        using var reply = new PooledBuffer(4096 + result.ValueBytes + (32L * result.RowCount * result.Plan.Columns.Count));
        QueryReply.Write(reply, request, result);
        await reply.SendAsync(context, "application/json");
    }

    private static JsonDocument? Parse(ReadOnlyMemory<byte> body, List<Fault> faults)
    {
        try
        {
            var json = JsonDocument.Parse(body);
            if (BodyText.FaultOf(body.Span) is not { } fault)
            {
                return json;
            }

            json.Dispose();
            faults.Add(Fault.Malformed(fault));
            return null;
        }
        catch (JsonException e)
        {
            faults.Add(FeatureReader.NotJson(e, body.Span));
            return null;
        }
    }
}
