using Microsoft.AspNetCore.Http;

namespace FeatureStore.DevSidecar.GrpcApi;

/// <summary>Answers every gRPC call that is not in DevSidecar.</summary>
internal static class UnimplementedCalls
{
    public static Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = "12";
        context.Response.Headers["grpc-message"] = "not in DevSidecar%2C use daprd";
        return Task.CompletedTask;
    }
}
