using FeatureStore.DevSidecar.Tests.Harness;
using Grpc.Core;
using Grpc.Net.Client;

namespace FeatureStore.DevSidecar.Tests;

/// <summary>What is daprd's alone says so over gRPC too, by its name.</summary>
public sealed class RefusedCallTests
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(bytes => bytes, bytes => bytes);

    [Theory]
    [InlineData("dapr.proto.runtime.v1.Dapr", "ExecuteStateTransaction", "ExecuteStateTransaction")]
    [InlineData("dapr.proto.runtime.v1.Dapr", "QueryStateAlpha1", "QueryStateAlpha1")]
    [InlineData("dapr.proto.runtime.v1.Dapr", "InvokeService", "InvokeService")]
    [InlineData("dapr.proto.runtime.v1.Dapr", "InvokeBinding", "InvokeBinding")]
    [InlineData("dapr.proto.runtime.v1.Dapr", "GetSecret", "GetSecret")]
    [InlineData("dapr.proto.runtime.v1.Dapr", "GetConfiguration", "GetConfiguration")]
    [InlineData("dapr.proto.runtime.v1.Dapr", "TryLockAlpha1", "TryLockAlpha1")]
    [InlineData("dapr.proto.runtime.v1.Dapr", "InvokeActor", "InvokeActor")]
    [InlineData("dapr.proto.runtime.v1.Dapr", "StartWorkflowBeta1", "StartWorkflowBeta1")]
    [InlineData("dapr.proto.runtime.v1.Dapr", "ScheduleJobAlpha1", "ScheduleJobAlpha1")]
    [InlineData("dapr.proto.runtime.v1.Dapr", "NoSuchCall", "NoSuchCall")]
    [InlineData("shop.v1.Orders", "Place", "gRPC proxying (shop.v1.Orders/Place)")]
    public async Task A_call_is_refused_by_name(string service, string call, string name)
    {
        await using var sidecar = await TestSidecar.StartAsync();
        using var channel = Channel(sidecar);

        var error = await Assert.ThrowsAsync<RpcException>(async () => await channel.CreateCallInvoker()
            .AsyncUnaryCall(Method(MethodType.Unary, service, call), null, new CallOptions(cancellationToken: TestContext.Current.CancellationToken), []));

        Assert.Equal((StatusCode.Unimplemented, $"{name} is not in DevSidecar, use daprd"), (error.StatusCode, error.Status.Detail));
    }

    [Theory]
    [InlineData("SubscribeTopicEventsAlpha1")]
    [InlineData("SubscribeConfiguration")]
    [InlineData("EncryptAlpha1")]
    public async Task A_stream_is_refused_by_name(string call)
    {
        await using var sidecar = await TestSidecar.StartAsync();
        using var channel = Channel(sidecar);

        using var stream = channel.CreateCallInvoker().AsyncDuplexStreamingCall(
            Method(MethodType.DuplexStreaming, "dapr.proto.runtime.v1.Dapr", call), null, new CallOptions(cancellationToken: TestContext.Current.CancellationToken));
        var error = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken));

        Assert.Equal((StatusCode.Unimplemented, $"{call} is not in DevSidecar, use daprd"), (error.StatusCode, error.Status.Detail));
    }

    private static Method<byte[], byte[]> Method(MethodType type, string service, string call) => new(type, service, call, Bytes, Bytes);

    private static GrpcChannel Channel(TestSidecar sidecar) => GrpcChannel.ForAddress($"http://127.0.0.1:{sidecar.Sidecar.GrpcPort}");
}
