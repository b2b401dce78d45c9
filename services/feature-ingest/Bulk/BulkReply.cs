using System.Buffers;
using System.Globalization;
using System.Text.Json;
using FeatureStore.Hosting.Errors;
using FeatureStore.Model;

namespace FeatureStore.FeatureIngest.Bulk;

/// <summary>Writes the reply to a bulk request: the counts, and as a problem where rows did not go in.</summary>
internal static class BulkReply
{
    public static async Task WriteAsync(HttpContext context, BulkReport report, int? status = null)
    {
        status ??= report.Failed.Count > 0 ? StatusCodes.Status503ServiceUnavailable
            : report.Rejected > 0 ? StatusCodes.Status422UnprocessableEntity
            : StatusCodes.Status200OK;
        var reply = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(reply, ReplyJson.Options))
        {
            Write(json, report, status.Value);
        }

        context.Response.StatusCode = status.Value;
        context.Response.ContentType = status == StatusCodes.Status200OK ? "application/json" : "application/problem+json";
        context.Response.ContentLength = reply.WrittenCount;
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = "1";
        }

        await context.Response.BodyWriter.WriteAsync(reply.WrittenMemory, context.RequestAborted);
    }

    private static void Write(Utf8JsonWriter json, BulkReport report, int status)
    {
        json.WriteStartObject();
        if (status != StatusCodes.Status200OK)
        {
            var (type, title) = status switch
            {
                StatusCodes.Status503ServiceUnavailable => (Problems.Unavailable, "Rows failed: send them again."),
                StatusCodes.Status400BadRequest => (Problems.Malformed, "The body cannot be read to its end."),
                _ => (Problems.Invalid, "Rows were rejected."),
            };
            json.WriteString("type", type);
            json.WriteString("title", title);
            json.WriteNumber("status", status);
            json.WriteString("detail", Detail(report));
        }

        json.WriteNumber("applied", report.Applied);
        json.WriteNumber("superseded", report.Superseded);
        json.WriteNumber("rejected", report.Rejected);
        json.WriteNumber("failed", report.Failed.Count);
        if (report.Errors.Any())
        {
            json.WriteStartArray("errors");
            foreach (var (at, fault) in report.Errors)
            {
                Problems.WriteFault(json, fault, report.Position, at);
            }

            json.WriteEndArray();
        }

        if (report.Failed.Count > 0)
        {
            json.WriteStartArray($"failed_{report.Position}s");
            foreach (var (first, last) in report.Failed.Ranges)
            {
                json.WriteStartArray();
                json.WriteNumberValue(first);
                json.WriteNumberValue(last);
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static string Detail(BulkReport report)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"Rows applied: {report.Applied}, superseded: {report.Superseded}, rejected: {report.Rejected}, failed: {report.Failed.Count}.");
        return report.FailureReason is { Length: > 0 } reason ? $"{text} {reason}" : text;
    }
}
