using FeatureStore.Dapr;
using FeatureStore.FeatureApi.Query;
using FeatureStore.FeatureApi.Serving;
using FeatureStore.Hosting.Access;
using FeatureStore.Hosting.Bodies;
using FeatureStore.Hosting.Errors;
using FeatureStore.Hosting.Health;
using FeatureStore.Hosting.OpenApi;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Feast;

/// <summary>The contract of Feast's feature server, so that Feast's clients work against this store.</summary>
internal static class FeastEndpoints
{
    public static void MapFeast(this WebApplication app)
    {
        Describe(app.MapPost("/get-online-features", GetOnlineFeaturesAsync))
            .WithSummary("Feast: the latest features of many entities, by columns.")
            .WithDescription("Join keys come first, as columns of their own; then the features in the request's order. Views, features and services that are not declared are 404, in the form of Feast's own errors.")
            .WithJsonBody(
                "{\"entities\":{\"join_key\":[…]},\"features\":[\"view:feature\",…] or \"feature_service\":\"…\",\"full_feature_names\":false}", "application/json")
            .Produces<OnlineFeaturesReplySchema>()
            .Produces<string>(StatusCodes.Status404NotFound);
        Describe(app.MapPost("/write-to-online-store", WriteAsync))
            .WithSummary("Feast: writes the rows of a data frame to a view.")
            .WithDescription("All rows are checked before the first is stored. Answered with `null`.")
            .WithJsonBody("{\"feature_view_name\":\"…\",\"df\":{\"column\":[…]}}: join keys, features, event_timestamp and created.", "application/json")
            .Needs(Right.Write)
            .Produces<string?>()
            .Produces<string>(StatusCodes.Status404NotFound);
        Describe(app.MapPost("/push", PushAsync))
            .WithSummary("Feast: writes the rows of a data frame to every view of a push source.")
            .WithDescription("All rows are checked before the first is stored. `to` is online or online_and_offline; offline alone is 501.")
            .WithJsonBody("{\"push_source_name\":\"…\",\"df\":{\"column\":[…]},\"to\":\"online\"}", "application/json")
            .Needs(Right.Write)
            .Produces(StatusCodes.Status200OK)
            .ProducesProblem(StatusCodes.Status501NotImplemented);
        foreach (var path in (string[])["/materialize", "/materialize-incremental"])
        {
            app.MapPost(path, (Delegate)RefuseToMaterialize)
                .WithSummary("Feast: not offered. There is no offline store to load from.")
                .Needs(Right.Write)
                .ProducesProblem(StatusCodes.Status501NotImplemented);
        }

        app.MapReadiness("/health");
    }

    private static async Task GetOnlineFeaturesAsync(
        HttpContext context, QueryReader reader, RegistryWatch registry, QueryOptions options, CancellationToken cancellationToken)
    {
        var applied = await registry.GetAsync(cancellationToken);
        ReplyHeaders.Write(context, applied);
        var refusal = new FeastRefusal();
        using var body = await FeastBody.ReadAsync(context, options.MaxBodyBytes, refusal);
        if (body is null || OnlineFeaturesRequest.Read(body, applied, options, refusal) is not { } request)
        {
            await refusal.WriteAsync(context);
            return;
        }

        ReplyHeaders.Write(context, applied, request.Plan.Service?.Name);
        using var result = await reader.ReadAsync(request.Plan, request.Keys.StateKeys, withDefaults: false, cancellationToken);
        if (result.FaultOfSize(options) is { } fault)
        {
            refusal.Add("too_long", fault, null, "entities");
            await refusal.WriteAsync(context);
            return;
        }

        using var reply = new PooledBuffer(4096 + result.ValueBytes + (64L * result.RowCount * (request.Names.Length + request.Keys.Columns.Count)));
        OnlineFeaturesReply.Write(reply, request, result);
        await reply.SendAsync(context, "application/json");
    }

    private static async Task WriteAsync(
        HttpContext context, RowForwarder forwarder, RegistryWatch registry, FeastOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var refusal = new FeastRefusal();
        using var body = await FeastBody.ReadAsync(context, options.MaxWriteBytes, refusal);
        var view = body?.Text("feature_view_name", isRequired: true);
        var data = body?.Columns("df");
        if (await StoreAsync(context, forwarder, registry, time, data, refusal, rows => rows.OfView(view!), cancellationToken))
        {
            await ReplyAsync(context, "null"u8.ToArray(), cancellationToken);
        }
    }

    private static async Task PushAsync(
        HttpContext context, RowForwarder forwarder, RegistryWatch registry, FeastOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var refusal = new FeastRefusal();
        using var body = await FeastBody.ReadAsync(context, options.MaxWriteBytes, refusal);
        var source = body?.Text("push_source_name", isRequired: true);
        var data = body?.Columns("df");
        var to = body?.Text("to", isRequired: false) ?? "online";
        if (to is not ("online" or "offline" or "online_and_offline"))
        {
            refusal.Add("literal_error", "Input should be 'online', 'offline' or 'online_and_offline'", body!.Root.GetProperty("to"), "to");
        }

        if (to == "offline" && refusal.IsEmpty)
        {
            await Problems.WriteAsync(context, Problems.Create(
                StatusCodes.Status501NotImplemented, Problems.NotImplemented, "A push to the offline store alone is not offered.",
                "Every row that is accepted goes to the online store: push to 'online' or 'online_and_offline'. Nothing was stored."));
            return;
        }

        if (await StoreAsync(context, forwarder, registry, time, data, refusal, rows => rows.OfPushSource(source!), cancellationToken))
        {
            context.Response.ContentLength = 0;
        }
    }

    /// <summary>Checks all rows and passes them on. Answers where they are refused.</summary>
    private static async Task<bool> StoreAsync(
        HttpContext context, RowForwarder forwarder, RegistryWatch registry, TimeProvider time, ColumnSet? data, FeastRefusal refusal,
        Func<DataFrameRows, IReadOnlyList<ViewRows>> select, CancellationToken cancellationToken)
    {
        var applied = await registry.GetAsync(cancellationToken);
        ReplyHeaders.Write(context, applied);
        var views = data is null || !refusal.IsEmpty ? [] : select(new DataFrameRows(applied, data, Timestamp.From(time.GetUtcNow()), refusal));
        forwarder.Check(views, applied, refusal);
        if (refusal.IsEmpty)
        {
            await forwarder.SendAsync(views, refusal, cancellationToken);
        }

        if (refusal.IsEmpty)
        {
            return true;
        }

        await refusal.WriteAsync(context);
        return false;
    }

    private static Task RefuseToMaterialize(HttpContext context) => Problems.WriteAsync(context, Problems.Create(
        StatusCodes.Status501NotImplemented, Problems.NotImplemented, "Materializing is not offered.",
        "There is no offline store to load from: write the rows to feature-ingest ('featurestore ingest' takes files), push them, or publish them as events."));

    private static async Task ReplyAsync(HttpContext context, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        await context.Response.BodyWriter.WriteAsync(json, cancellationToken);
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder endpoint) => endpoint
        .Produces<FeastDetailSchema>(StatusCodes.Status422UnprocessableEntity)
        .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
}
