using Dapr.Client.Autogen.Grpc.v1;
using FeatureStore.DevSidecar.Health;
using FeatureStore.DevSidecar.Metadata;
using FeatureStore.DevSidecar.PubSub;
using FeatureStore.DevSidecar.Resources;
using FeatureStore.DevSidecar.State;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace FeatureStore.DevSidecar.GrpcApi;

/// <summary>The gRPC API.</summary>
internal sealed class DaprService(StateApi state, Publisher publisher, SidecarMetadata metadata, SidecarState sidecar) : DaprServiceBase
{
    private const string TtlExpireTime = "ttlExpireTime";
    private static readonly Task<Empty> Done = Task.FromResult(new Empty());

    public override async Task<GetStateResponse> GetState(GetStateRequest request, ServerCallContext context)
    {
        var read = await state.GetAsync(state.Find(request.StoreName), request.Key, context.CancellationToken);
        var response = new GetStateResponse { Data = UnsafeByteOperations.UnsafeWrap(read.Value), Etag = read.ETag ?? "" };
        AddExpiry(response.Metadata, read);
        return response;
    }

    public override async Task<GetBulkStateResponse> GetBulkState(GetBulkStateRequest request, ServerCallContext context)
    {
        var reads = await state.GetManyAsync(
            state.Find(request.StoreName), request.Keys, request.Parallelism, context.CancellationToken);
        var response = new GetBulkStateResponse();
        response.Items.Capacity = reads.Count;
        foreach (var read in reads)
        {
            if (read.Index == StateRead.Repetition)
            {
                // HTTP shows it as an item with an empty key, gRPC leaves it out.
                continue;
            }

            var item = new BulkStateItem { Key = request.Keys[read.Index] };
            if (read.Error is { } error)
            {
                item.Error = error;
            }
            else if (read.ETag is { } etag)
            {
                item.Data = UnsafeByteOperations.UnsafeWrap(read.Value);
                item.Etag = etag;
                AddExpiry(item.Metadata, read);
            }

            response.Items.Add(item);
        }

        return response;
    }

    public override async Task<Empty> SaveState(SaveStateRequest request, ServerCallContext context)
    {
        var store = state.Find(request.StoreName);
        var items = new StateWrite[request.States.Count];
        for (var i = 0; i < items.Length; i++)
        {
            var item = request.States[i];
            if (item.Key.Length == 0)
            {
                throw StateErrors.EmptyKey();
            }

            items[i] = new StateWrite(
                item.Key, item.Value.Memory, item.Etag?.Value, IsFirstWrite(item.Options),
                item.Metadata.TryGetValue(StateTtl.MetadataName, out var ttl) ? ttl : null,
                IsJson: item.Metadata.TryGetValue("contentType", out var type) && type == "application/json");
        }

        await state.SaveAsync(store, items, context.CancellationToken);
        return new Empty();
    }

    public override async Task<Empty> DeleteState(DeleteStateRequest request, ServerCallContext context)
    {
        await state.DeleteAsync(
            state.Find(request.StoreName),
            [new StateDelete(request.Key, request.Etag?.Value, IsFirstWrite(request.Options))],
            bulk: false,
            context.CancellationToken);
        return new Empty();
    }

    public override async Task<Empty> DeleteBulkState(DeleteBulkStateRequest request, ServerCallContext context)
    {
        StateDelete[] items = [.. request.States.Select(s => new StateDelete(s.Key, s.Etag?.Value, IsFirstWrite(s.Options)))];
        await state.DeleteAsync(state.Find(request.StoreName), items, bulk: true, context.CancellationToken);
        return new Empty();
    }

    public override async Task<Empty> PublishEvent(PublishEventRequest request, ServerCallContext context)
    {
        var broker = publisher.Find(request.PubsubName, request.Topic);
        var (metadata, trace) = (Copy(request.Metadata), Trace(context));
        if (SubscriptionReader.IsRaw(metadata))
        {
            // There is no envelope for the trace to go in; over gRPC alone daprd keeps it beside the data.
            metadata[TraceContext.IdName] = trace.Parent;
            metadata[TraceContext.StateName] = trace.State;
        }

        await publisher.PublishAsync(
            broker, request.Topic, request.Data.Memory, request.DataContentType, metadata, trace, context.CancellationToken);
        return new Empty();
    }

    public override async Task<BulkPublishResponse> BulkPublishEvent(BulkPublishRequest request, ServerCallContext context)
    {
        var broker = publisher.Find(request.PubsubName, request.Topic);
        BulkEntry[] entries = [.. request.Entries.Select(e => new BulkEntry(e.EntryId, e.Event.Memory, e.ContentType, Copy(e.Metadata)))];
        var failed = await publisher.PublishBulkAsync(
            broker, request.Topic, entries, Copy(request.Metadata), Trace(context), context.CancellationToken);

        // As recorded: what was stored stays stored, and nothing says which entries failed.
        return failed.Count == 0 ? new BulkPublishResponse() : throw PublishErrors.Failed(request.PubsubName, request.Topic, failed[0].Error);
    }

    public override Task<BulkPublishResponse> BulkPublishEventAlpha1(BulkPublishRequest request, ServerCallContext context) =>
        BulkPublishEvent(request, context);

    public override Task<GetMetadataResponse> GetMetadata(GetMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(GrpcMetadata.Describe(metadata));

    public override Task<Empty> SetMetadata(SetMetadataRequest request, ServerCallContext context)
    {
        metadata.SetExtended(request.Key, request.Value);
        return Done;
    }

    public override Task<Empty> Shutdown(ShutdownRequest request, ServerCallContext context)
    {
        sidecar.ShutdownRequested.TrySetResult();
        return Done;
    }

    private static bool IsFirstWrite(StateOptions? options) =>
        options?.Concurrency is StateOptions.Types.StateConcurrency.ConcurrencyFirstWrite;

    private static void AddExpiry(MapField<string, string> metadata, StateRead read)
    {
        if (read.ExpiresAt is { } at)
        {
            metadata[TtlExpireTime] = CloudEventEnvelope.Rfc3339(at);
        }
    }

    private static Dictionary<string, string> Copy(MapField<string, string> map) => new(map);

    private static TraceContext Trace(ServerCallContext context) => new(
        context.RequestHeaders.GetValue("traceparent") ?? "", context.RequestHeaders.GetValue("tracestate") ?? "");
}
