using System.Buffers;
using System.Globalization;
using System.Text.Json;
using FeatureStore.Dapr;
using FeatureStore.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureStore.Hosting.Errors;

/// <summary>The RFC 9457 problems that the services answer with, and the types by which clients tell them apart.</summary>
public static class Problems
{
    public const string Malformed = "urn:featurestore:malformed";
    public const string Unauthorized = "urn:featurestore:unauthorized";
    public const string Forbidden = "urn:featurestore:forbidden";
    public const string NotFound = "urn:featurestore:not-found";
    public const string MethodNotAllowed = "urn:featurestore:method-not-allowed";
    public const string TooLarge = "urn:featurestore:too-large";
    public const string UnsupportedMediaType = "urn:featurestore:unsupported-media-type";
    public const string Invalid = "urn:featurestore:invalid";
    public const string RegistryRefused = "urn:featurestore:registry-refused";
    public const string RegistryChanged = "urn:featurestore:registry-changed";
    public const string NotDone = "urn:featurestore:not-done";
    public const string NoHistory = "urn:featurestore:no-history";
    public const string TooMany = "urn:featurestore:too-many-requests";
    public const string TimedOut = "urn:featurestore:timed-out";
    public const string Unavailable = "urn:featurestore:unavailable";
    public const string Unreadable = "urn:featurestore:stored-row-unreadable";
    public const string NotImplemented = "urn:featurestore:not-implemented";
    public const string Internal = "urn:featurestore:internal";

    /// <summary>How many faults of one request are listed; the rest are counted.</summary>
    private const int MaxFaults = 100;

    /// <summary>Seconds after which a caller may try again when a dependency was away.</summary>
    private const int RetryAfterSeconds = 1;

    /// <summary>A problem that lists every fault of a request. The gravest kind of fault gives the status.</summary>
    public static ProblemDetails Of(IReadOnlyCollection<Fault> faults, string title = "The request has faults.")
    {
        var (status, type) = faults.Min(fault => fault.Kind) switch
        {
            FaultKind.Malformed => (StatusCodes.Status400BadRequest, Malformed),
            FaultKind.TooLarge => (StatusCodes.Status413PayloadTooLarge, TooLarge),
            FaultKind.Unknown => (StatusCodes.Status404NotFound, NotFound),
            _ => (StatusCodes.Status422UnprocessableEntity, Invalid),
        };
        return Create(status, type, title, faults.Count == 1 ? faults.First().Detail : faults.Count <= MaxFaults ? $"{faults.Count} faults were found." : $"{faults.Count} faults were found; the first {MaxFaults} are listed.", faults);
    }

    public static ProblemDetails Create(
        int status, string type, string title, string? detail, IReadOnlyCollection<Fault>? faults = null)
    {
        var problem = new ProblemDetails { Status = status, Type = type, Title = title, Detail = detail };
        if (faults is { Count: > 0 })
        {
            problem.Extensions["errors"] = FaultsJson(faults);
        }

        return problem;
    }

    /// <summary>What a failure of a dependency, or of ours, looks like to a caller; null for those that are no business of his.</summary>
    public static ProblemDetails Of(Exception exception) => exception switch
    {
        RowTooLargeException e => Of([Fault.TooLarge(e.Message)], "The row is too large."),
        StateStoreException or PublishException => Create(
            StatusCodes.Status503ServiceUnavailable, Unavailable, "The feature store cannot reach its data.", exception.Message),
        InvocationException => Create(
            StatusCodes.Status503ServiceUnavailable, Unavailable, "The feature store cannot reach its own services.", exception.Message),
        StoredRowFormatException => Create(
            StatusCodes.Status500InternalServerError, Unreadable, "What is stored cannot be read.", exception.Message),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Create(
            StatusCodes.Status413PayloadTooLarge, TooLarge, "The body is too large.", exception.Message),
        BadHttpRequestException e => Create(e.StatusCode, Malformed, "The request cannot be read.", e.Message),
        _ => Create(StatusCodes.Status500InternalServerError, Internal, "The feature store failed.", "See its log, under the trace id."),
    };

    /// <summary>Writes a problem as the reply.</summary>
    public static async Task WriteAsync(HttpContext context, ProblemDetails problem)
    {
        var status = problem.Status ?? StatusCodes.Status500InternalServerError;
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        if (status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }

        if (status >= 500 && System.Diagnostics.Activity.Current is { } activity)
        {
            problem.Extensions["traceId"] = activity.TraceId.ToString();
        }

        var body = JsonSerializer.SerializeToUtf8Bytes(problem, ProblemJson.Readable.ProblemDetails);
        context.Response.ContentLength = body.Length;
        // Not with RequestAborted: a request that took too long is told so.
        await context.Response.BodyWriter.WriteAsync(body);
    }

    internal static void AddProblems(this IServiceCollection services) =>
        services.AddExceptionHandler<ProblemExceptionHandler>().AddProblemDetails();

    /// <summary>Gives replies without a body, such as those of routing, a problem as the body.</summary>
    internal static void UseProblemStatusPages(this WebApplication app) => app.UseStatusCodePages(page =>
    {
        var status = page.HttpContext.Response.StatusCode;
        var (type, title) = status switch
        {
            StatusCodes.Status404NotFound => (NotFound, "There is no such address here."),
            StatusCodes.Status405MethodNotAllowed => (MethodNotAllowed, "This address does not take this method."),
            StatusCodes.Status415UnsupportedMediaType => (UnsupportedMediaType, "The body has a content type that is not taken here."),
            StatusCodes.Status413PayloadTooLarge => (TooLarge, "The body is too large."),
            < 500 => (Malformed, "The request cannot be answered."),
            _ => (Internal, "The feature store failed."),
        };
        return WriteAsync(page.HttpContext, Create(status, type, title, null));
    });

    private static JsonElement FaultsJson(IReadOnlyCollection<Fault> faults)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, ReplyJson.Options))
        {
            json.WriteStartArray();
            foreach (var fault in faults.Take(MaxFaults))
            {
                WriteFault(json, fault);
            }

            json.WriteEndArray();
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }

    /// <summary>Writes one fault as a JSON object.</summary>
    public static void WriteFault(Utf8JsonWriter json, Fault fault, string? position = null, long at = 0)
    {
        json.WriteStartObject();
        if (position is not null)
        {
            json.WriteNumber(position, at);
        }

        json.WriteString("detail", fault.Detail);
        if (fault.Member is { } member)
        {
            json.WriteString("member", member);
        }

        json.WriteEndObject();
    }
}
