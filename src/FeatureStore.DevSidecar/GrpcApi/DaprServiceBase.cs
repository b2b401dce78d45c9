using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace FeatureStore.DevSidecar.GrpcApi;

/// <summary>
/// The server side of dapr.proto.runtime.v1.Dapr, of which the package has the messages and the client only. A call it
/// does not list is answered by <see cref="UnimplementedCalls"/>.
/// </summary>
[BindServiceMethod(typeof(DaprServiceBase), nameof(BindService))]
internal abstract class DaprServiceBase
{
    public const string ServiceName = "dapr.proto.runtime.v1.Dapr";

    public abstract Task<GetStateResponse> GetState(GetStateRequest request, ServerCallContext context);

    public abstract Task<GetBulkStateResponse> GetBulkState(GetBulkStateRequest request, ServerCallContext context);

    public abstract Task<Empty> SaveState(SaveStateRequest request, ServerCallContext context);

    public abstract Task<Empty> DeleteState(DeleteStateRequest request, ServerCallContext context);

    public abstract Task<Empty> DeleteBulkState(DeleteBulkStateRequest request, ServerCallContext context);

    public abstract Task<Empty> PublishEvent(PublishEventRequest request, ServerCallContext context);

    public abstract Task<BulkPublishResponse> BulkPublishEvent(BulkPublishRequest request, ServerCallContext context);

    public abstract Task<BulkPublishResponse> BulkPublishEventAlpha1(BulkPublishRequest request, ServerCallContext context);

    public abstract Task<GetMetadataResponse> GetMetadata(GetMetadataRequest request, ServerCallContext context);

    public abstract Task<Empty> SetMetadata(SetMetadataRequest request, ServerCallContext context);

    public abstract Task<Empty> Shutdown(ShutdownRequest request, ServerCallContext context);

    /// <summary>Found by reflection, with no service to list the methods and with one to bind them.</summary>
    public static void BindService(ServiceBinderBase binder, DaprServiceBase? service)
    {
        Add<GetStateRequest, GetStateResponse>(binder, nameof(GetState), service is null ? null : service.GetState);
        Add<GetBulkStateRequest, GetBulkStateResponse>(binder, nameof(GetBulkState), service is null ? null : service.GetBulkState);
        Add<SaveStateRequest, Empty>(binder, nameof(SaveState), service is null ? null : service.SaveState);
        Add<DeleteStateRequest, Empty>(binder, nameof(DeleteState), service is null ? null : service.DeleteState);
        Add<DeleteBulkStateRequest, Empty>(binder, nameof(DeleteBulkState), service is null ? null : service.DeleteBulkState);
        Add<PublishEventRequest, Empty>(binder, nameof(PublishEvent), service is null ? null : service.PublishEvent);
        Add<BulkPublishRequest, BulkPublishResponse>(binder, nameof(BulkPublishEvent), service is null ? null : service.BulkPublishEvent);
        Add<BulkPublishRequest, BulkPublishResponse>(
            binder, nameof(BulkPublishEventAlpha1), service is null ? null : service.BulkPublishEventAlpha1);
        Add<GetMetadataRequest, GetMetadataResponse>(binder, nameof(GetMetadata), service is null ? null : service.GetMetadata);
        Add<SetMetadataRequest, Empty>(binder, nameof(SetMetadata), service is null ? null : service.SetMetadata);
        Add<ShutdownRequest, Empty>(binder, nameof(Shutdown), service is null ? null : service.Shutdown);
    }

    private static void Add<TRequest, TResponse>(ServiceBinderBase binder, string name, UnaryServerMethod<TRequest, TResponse>? handler)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        binder.AddMethod(
            new Method<TRequest, TResponse>(MethodType.Unary, ServiceName, name, Messages<TRequest>.Marshaller, Messages<TResponse>.Marshaller),
            handler!);

    /// <summary>Messages straight from and to the transport's buffers.</summary>
    private static class Messages<T>
        where T : class, IMessage<T>, new()
    {
        private static readonly MessageParser<T> Parser = new(static () => new T());

        public static readonly Marshaller<T> Marshaller = new(
            static (message, context) =>
            {
                context.SetPayloadLength(message.CalculateSize());
                message.WriteTo(context.GetBufferWriter());
                context.Complete();
            },
            static context => Parser.ParseFrom(context.PayloadAsReadOnlySequence()));
    }
}
