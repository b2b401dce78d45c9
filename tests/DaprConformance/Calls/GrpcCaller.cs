using System.Text.Json;
using FeatureStore.DaprConformance.Comparing;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using DaprRuntime = Dapr.Client.Autogen.Grpc.v1.Dapr;

namespace FeatureStore.DaprConformance.Calls;

/// <summary>Makes recorded gRPC calls of the Dapr API.</summary>
public sealed class GrpcCaller : IDisposable
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(bytes => bytes, bytes => bytes);
    private static readonly ServiceDescriptor Service = DaprRuntime.Descriptor;

    private static readonly TypeRegistry Details = TypeRegistry.FromMessages(
        Google.Rpc.ErrorInfo.Descriptor, Google.Rpc.ResourceInfo.Descriptor, Google.Rpc.BadRequest.Descriptor);

    private readonly GrpcChannel _channel;
    private readonly Bindings _bindings;
    private readonly string? _apiToken;

    public GrpcCaller(Uri endpoint, Bindings bindings, string? apiToken = null)
    {
        _bindings = bindings;
        _apiToken = apiToken;
        _channel = GrpcChannel.ForAddress(endpoint, new GrpcChannelOptions
        {
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,
            HttpHandler = new SocketsHttpHandler { UseProxy = false, ActivityHeadersPropagator = null },
        });
    }

    public async Task<GrpcReply> CallAsync(JsonElement request, CancellationToken cancellationToken)
    {
        var name = request.GetProperty("rpc").GetString()!;
        var rpc = Service.FindMethodByName(name[(name.LastIndexOf('/') + 1)..]) ?? throw new InvalidDataException($"Dapr.Protos has no {name}");
        var input = ProtoJson.Read(rpc.InputType, request.GetProperty("body"), _bindings.Fill).ToByteArray();
        var headers = new Metadata();
        if (_apiToken is not null)
        {
            headers.Add("dapr-api-token", _apiToken);
        }

        foreach (var header in request.GetProperty("headers").EnumerateObject())
        {
            headers.Add(header.Name, _bindings.Fill(header.Value.GetString()!));
        }

        var method = new Method<byte[], byte[]>(MethodType.Unary, Service.FullName, rpc.Name, Bytes, Bytes);
        try
        {
            var output = await _channel.CreateCallInvoker().AsyncUnaryCall(
                method, null, new CallOptions(headers, cancellationToken: cancellationToken), input);
            var message = rpc.OutputType.Parser.ParseFrom(output);
            return new GrpcReply("OK", "", ProtoJson.Write(message), rpc.OutputType.FullName, []);
        }
        catch (RpcException exception)
        {
            return new GrpcReply(NameOf(exception.StatusCode), exception.Status.Detail, null, "", DetailsOf(exception));
        }
    }

    public void Dispose() => _channel.Dispose();

    private static List<JsonElement> DetailsOf(RpcException exception)
    {
        var bytes = exception.Trailers.GetValueBytes("grpc-status-details-bin");
        return bytes is null ? [] : [.. Google.Rpc.Status.Parser.ParseFrom(bytes).Details.Select(detail =>
        {
            var type = Google.Protobuf.WellKnownTypes.Any.GetTypeName(detail.TypeUrl);
            var fields = Details.Find(type) is { } descriptor ? ProtoJson.Write(descriptor.Parser.ParseFrom(detail.Value)) : default;
            var members = new Dictionary<string, object?> { ["@type"] = type };
            foreach (var field in fields.EnumerateObject())
            {
                members[field.Name] = field.Value;
            }

            return JsonSerializer.SerializeToElement(members);
        })];
    }

    /// <summary>NotFound as NOT_FOUND.</summary>
    private static string NameOf(StatusCode code) =>
        code is StatusCode.OK ? "OK"
        : string.Concat(code.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? $"_{c}" : char.ToUpperInvariant(c).ToString()));
}
