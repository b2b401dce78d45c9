using System.Buffers;
using FeatureStore.DevSidecar.Errors;
using FeatureStore.DevSidecar.Json;
using Microsoft.AspNetCore.Http;

namespace FeatureStore.DevSidecar.HttpApi;

/// <summary>Writes replies of the HTTP API.</summary>
internal static class HttpReply
{
    private const string Json = "application/json";

    public static Task JsonAsync(HttpContext context, int status, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = Json;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return Task.CompletedTask;
        }

        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    public static Task ErrorAsync(HttpContext context, int status, string errorCode, string message) =>
        JsonAsync(context, status, Write(errorCode, message, null));

    public static Task ErrorAsync(HttpContext context, ApiException error) =>
        JsonAsync(context, error.Http, Write(error.ErrorCode, error.HttpMessage ?? error.Message, error.Reason is null ? null : error));

    private static ReadOnlyMemory<byte> Write(string errorCode, string message, ApiException? details)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new GoJsonWriter(output);
        writer.Raw("{\"errorCode\":"u8);
        writer.String(errorCode);
        writer.Raw(",\"message\":"u8);
        writer.String(message);
        if (details is not null)
        {
            writer.Raw(",\"details\":["u8);
            Details(writer, details);
            writer.Raw("]"u8);
        }

        writer.Raw("}"u8);
        return output.WrittenMemory;
    }

    private static void Details(GoJsonWriter writer, ApiException error)
    {
        if (error.Field is { } field)
        {
            writer.Raw("{\"@type\":\"type.googleapis.com/google.rpc.BadRequest\",\"field_violations\":[{\"field\":"u8);
            writer.String(field);
            writer.Raw(",\"description\":"u8);
            writer.String(error.HttpMessage ?? error.Message);
            writer.Raw("}]},"u8);
        }

        if (error.Resource is { } resource)
        {
            writer.Raw("{\"@type\":\"type.googleapis.com/google.rpc.ResourceInfo\",\"description\":"u8);
            writer.String(resource.Description);
            writer.Raw(",\"owner\":\"\",\"resource_name\":"u8);
            writer.String(resource.Name);
            writer.Raw(",\"resource_type\":"u8);
            writer.String(resource.Type);
            writer.Raw("},"u8);
        }

        writer.Raw("{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"domain\":\"dapr.io\",\"metadata\":"u8);
        if (error.Metadata is { } metadata)
        {
            writer.Map(metadata);
        }
        else
        {
            writer.Raw("null"u8);
        }

        writer.Raw(",\"reason\":"u8);
        writer.String(error.Reason!);
        writer.Raw("}"u8);
    }
}
