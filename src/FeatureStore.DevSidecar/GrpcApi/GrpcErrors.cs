using FeatureStore.DevSidecar.Errors;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using RpcStatus = Google.Rpc.Status;

namespace FeatureStore.DevSidecar.GrpcApi;

/// <summary>Errors as gRPC tells them: a status, and its details in google.rpc form.</summary>
internal static class GrpcErrors
{
    private const string DetailsTrailer = "grpc-status-details-bin";

    public static RpcException ToRpc(ApiException error)
    {
        var details = new List<IMessage>();
        if (error.Field is { } field)
        {
            details.Add(new BadRequest { FieldViolations = { new BadRequest.Types.FieldViolation { Field = field, Description = error.Message } } });
        }

        if (error.Resource is { } resource)
        {
            details.Add(new ResourceInfo { ResourceType = resource.Type, ResourceName = resource.Name, Description = resource.Description });
        }

        var info = new ErrorInfo { Reason = error.Reason ?? error.ErrorCode, Domain = ApiException.Domain };
        if (error.Metadata is { } metadata && !error.HttpMetadataOnly)
        {
            info.Metadata.Add(metadata.ToDictionary());
        }

        details.Add(info);
        return New(error.Grpc, error.Message, details);
    }

    public static RpcException Unauthorized(string reason)
    {
        var info = new ErrorInfo { Reason = "Unauthorized", Domain = ApiException.Domain };
        info.Metadata["http.code"] = "401";
        info.Metadata["http.error_message"] = reason;
        return New(StatusCode.Unauthenticated, "Unauthorized", [info]);
    }

    private static RpcException New(StatusCode code, string message, IReadOnlyList<IMessage> details)
    {
        var status = new RpcStatus { Code = (int)code, Message = message };
        status.Details.AddRange(details.Select(d => Any.Pack(d)));
        return new RpcException(new(code, message), new global::Grpc.Core.Metadata { { DetailsTrailer, status.ToByteArray() } });
    }
}
