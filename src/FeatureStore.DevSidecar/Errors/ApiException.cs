using Grpc.Core;

namespace FeatureStore.DevSidecar.Errors;

/// <summary>An error as the API tells it, by gRPC and by HTTP, in daprd's words.</summary>
internal sealed class ApiException(StatusCode grpc, int http, string errorCode, string message) : Exception(message)
{
    public const string Domain = "dapr.io";

    public StatusCode Grpc { get; } = grpc;

    public int Http { get; } = http;

    /// <summary>The errorCode of an HTTP body; gRPC's reason unless <see cref="Reason"/> says otherwise.</summary>
    public string ErrorCode { get; } = errorCode;

    /// <summary>The message of an HTTP body, where it differs.</summary>
    public string? HttpMessage { get; init; }

    /// <summary>The reason of the ErrorInfo; when set, HTTP bodies carry details too.</summary>
    public string? Reason { get; init; }

    /// <summary>The metadata of the ErrorInfo; null is written as null.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>Whether gRPC leaves <see cref="Metadata"/> out.</summary>
    public bool HttpMetadataOnly { get; init; }

    public ErrorResource? Resource { get; init; }

    /// <summary>The field of a BadRequest.</summary>
    public string? Field { get; init; }
}
