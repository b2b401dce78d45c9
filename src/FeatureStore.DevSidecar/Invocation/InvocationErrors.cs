using FeatureStore.DevSidecar.Errors;
using Grpc.Core;

namespace FeatureStore.DevSidecar.Invocation;

/// <summary>The errors of service invocation.</summary>
internal static class InvocationErrors
{
    private const string Code = "ERR_DIRECT_INVOKE";

    public static ApiException NoAppId() =>
        new(StatusCode.NotFound, 404, Code, "failed getting app id either from the URL path or the header dapr-app-id");

    public static ApiException Failed(string appId, string error) =>
        new(StatusCode.Internal, 500, Code, $"failed to invoke, id: {appId}, err: {error}");
}
