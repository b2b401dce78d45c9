using Microsoft.AspNetCore.Http;

namespace FeatureStore.DevSidecar.GrpcApi;

/// <summary>Answers every gRPC call that is not in DevSidecar: daprd's others by their name, and a service's own, which daprd would pass on.</summary>
internal static class UnimplementedCalls
{
    public static Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!.TrimStart('/');
        var call = path.StartsWith(DaprServiceBase.ServiceName + "/", StringComparison.Ordinal)
            ? path[(DaprServiceBase.ServiceName.Length + 1)..]
            : $"gRPC proxying ({path})";
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = "12";
        context.Response.Headers["grpc-message"] = Uri.EscapeDataString($"{call} is not in DevSidecar, use daprd");
        return Task.CompletedTask;
    }
}
