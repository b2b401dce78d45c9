using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;
using Grpc.Core;

namespace FeatureStore.DevSidecar.Tests.Harness;

/// <summary>State calls over gRPC, in short.</summary>
internal static class StateCalls
{
    public static string NewKey() => "k" + Guid.NewGuid().ToString("N");

    public static StateItem Item(string key, string value, string? etag = null, bool firstWrite = false, string? ttl = null)
    {
        var item = new StateItem { Key = key, Value = ByteString.CopyFromUtf8(value) };
        if (etag is not null)
        {
            item.Etag = new Etag { Value = etag };
        }

        if (firstWrite)
        {
            item.Options = new StateOptions { Concurrency = StateOptions.Types.StateConcurrency.ConcurrencyFirstWrite };
        }

        if (ttl is not null)
        {
            item.Metadata["ttlInSeconds"] = ttl;
        }

        return item;
    }

    public static async Task SaveAsync(this TestSidecar sidecar, params StateItem[] items) =>
        await sidecar.Grpc.SaveStateAsync(new SaveStateRequest { StoreName = "store", States = { items } });

    public static async Task<RpcException> SaveFailsAsync(this TestSidecar sidecar, params StateItem[] items) =>
        await Assert.ThrowsAsync<RpcException>(() => sidecar.SaveAsync(items));

    public static async Task<GetStateResponse> GetAsync(this TestSidecar sidecar, string key) =>
        await sidecar.Grpc.GetStateAsync(new GetStateRequest { StoreName = "store", Key = key });

    public static async Task<IReadOnlyList<BulkStateItem>> GetManyAsync(this TestSidecar sidecar, params string[] keys) =>
        (await sidecar.Grpc.GetBulkStateAsync(new GetBulkStateRequest { StoreName = "store", Keys = { keys } })).Items;

    public static ErrorDetails Details(this RpcException exception)
    {
        var status = Google.Rpc.Status.Parser.ParseFrom(exception.Trailers.GetValueBytes("grpc-status-details-bin"));
        var info = status.Details.Single(d => d.Is(Google.Rpc.ErrorInfo.Descriptor)).Unpack<Google.Rpc.ErrorInfo>();
        return new ErrorDetails(info.Reason, info.Domain, info.Metadata.ToDictionary(), status.Details.Count);
    }

    internal sealed record ErrorDetails(string Reason, string Domain, IReadOnlyDictionary<string, string> Metadata, int Count);
}
