using FeatureStore.DevSidecar.Errors;
using FeatureStore.DevSidecar.Security;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace FeatureStore.DevSidecar.GrpcApi;

/// <summary>Checks the API token and words errors.</summary>
internal sealed class ErrorInterceptor(ApiToken token) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        if (token.IsRequired)
        {
            var sent = context.RequestHeaders.GetValue(ApiToken.Header);
            if (!token.Matches(sent))
            {
                throw GrpcErrors.Unauthorized(
                    sent is null ? "missing api token in request metadata" : "authentication error: api token mismatch");
            }
        }

        try
        {
            return await continuation(request, context);
        }
        catch (ApiException error)
        {
            throw GrpcErrors.ToRpc(error);
        }
    }
}
