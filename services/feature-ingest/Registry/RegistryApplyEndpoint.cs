using System.Buffers;
using System.Globalization;
using System.Text.Json;
using FeatureStore.Dapr;
using FeatureStore.FeatureIngest.Bodies;
using FeatureStore.Hosting.Access;
using FeatureStore.Hosting.Bodies;
using FeatureStore.Hosting.Errors;
using FeatureStore.Hosting.OpenApi;
using FeatureStore.Hosting.Registry;
using FeatureStore.Model;

namespace FeatureStore.FeatureIngest.Registry;

/// <summary><c>PUT /registry</c>: checks a registry whole, compares it with what is applied, and applies it.</summary>
internal static class RegistryApplyEndpoint
{
    private const int MaxBytes = 16 * 1024 * 1024;

    public static void MapRegistryApply(this WebApplication app) => app.MapPut("/registry", PutAsync)
        .Needs(Right.Write)
        .WithSummary("Applies a registry whole.")
        .WithDescription(
            "With `If-Match`, only over that version. 422 lists every fault by JSON pointer; 409 says which change would misread stored data and what to do instead; "
            + "412 when somebody else was faster.")
        .WithQueryParameter("dry_run", "`true` to be told what would change, and change nothing.")
        .WithJsonBody("{\"entities\":{…},\"views\":{…},\"services\":{…}}: docs/registry.schema.json.", "application/json")
        .Produces<ApplyReplySchema>()
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status409Conflict)
        .ProducesProblem(StatusCodes.Status412PreconditionFailed)
        .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
        .ProducesProblem(StatusCodes.Status415UnsupportedMediaType)
        .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static async Task PutAsync(HttpContext context, RegistryApply apply, CancellationToken cancellationToken)
    {
        if (!BodyReader.IsJson(context.Request))
        {
            await Problems.WriteAsync(context, BodyReader.Unsupported(context.Request, "application/json"));
            return;
        }

        var faults = new List<Fault>();
        var isDryRun = IsDryRun(context, faults);
        var over = Over(context, faults);
        var registry = Read(await BodyReader.ReadAsync(context, MaxBytes), faults);
        if (faults.Count > 0 || registry is null)
        {
            await Problems.WriteAsync(context, Problems.Of(faults, "The registry has faults. Nothing was changed."));
            return;
        }

        var outcome = await apply.ApplyAsync(registry, over, isDryRun, cancellationToken);
        await (outcome.Result switch
        {
            ApplyResult.Refused => Problems.WriteAsync(context, Refused(outcome)),
            ApplyResult.Overtaken => Problems.WriteAsync(context, Overtaken(outcome)),
            _ => ReplyAsync(context, outcome),
        });
    }

    private static bool IsDryRun(HttpContext context, List<Fault> faults)
    {
        var value = context.Request.Query["dry_run"].ToString();
        if (value is not ("" or "true" or "false"))
        {
            faults.Add(Fault.Malformed($"dry_run must be true or false; '{value}' is not.", "dry_run"));
        }

        faults.AddRange(context.Request.Query.Keys.Where(name => name != "dry_run")
            .Select(name => Fault.Malformed($"There is no query parameter '{name}' here; there is dry_run.", name)));
        return value == "true";
    }

    private static int? Over(HttpContext context, List<Fault> faults)
    {
        var header = context.Request.Headers.IfMatch.ToString();
        if (header.Length == 0 || header == "*")
        {
            return null;
        }

        if (int.TryParse(header.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version))
        {
            return version;
        }

        faults.Add(Fault.Malformed("If-Match must be a registry version in quotes, as the ETag of GET /registry has it.", "If-Match"));
        return null;
    }

    private static Model.Registry? Read(ReadOnlyMemory<byte> body, List<Fault> faults)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (BodyText.FaultOf(body.Span) is { } fault)
            {
                faults.Add(Fault.Malformed(fault));
                return null;
            }

            var found = new List<RegistryFault>();
            var registry = RegistryReader.Read(json.RootElement, found);
            faults.AddRange(found.Select(fault => Fault.Invalid(fault.Detail, fault.Pointer)));
            return registry;
        }
        catch (JsonException e)
        {
            faults.Add(FeatureReader.NotJson(e, body.Span));
            return null;
        }
    }

    private static Microsoft.AspNetCore.Mvc.ProblemDetails Refused(ApplyOutcome outcome)
    {
        var faults = outcome.Changes
            .SelectMany(change => change.Refusals.Select(refusal => Fault.Invalid(refusal, $"/{SectionOf(change.What)}/{change.Name}"))).ToList();
        var problem = Problems.Create(
            StatusCodes.Status409Conflict, Problems.RegistryRefused, "The change would misread stored data. Nothing was changed.",
            faults.Count == 1 ? faults[0].Detail : $"{faults.Count} changes are refused.", faults);
        problem.Extensions["changes"] = ChangesJson(outcome.Changes);
        return problem;
    }

    private static Microsoft.AspNetCore.Mvc.ProblemDetails Overtaken(ApplyOutcome outcome)
    {
        var problem = Problems.Create(
            StatusCodes.Status412PreconditionFailed, Problems.RegistryChanged, "Somebody else has applied another registry. Nothing was changed.",
            $"Version {outcome.Current.Version} of {outcome.Current.AppliedAt} is applied now. Look at what changed, and apply again.");
        problem.Extensions["version"] = JsonElement.Parse(outcome.Current.Version.ToString(CultureInfo.InvariantCulture));
        problem.Extensions["changes"] = ChangesJson(outcome.Changes);
        return problem;
    }

    private static async Task ReplyAsync(HttpContext context, ApplyOutcome outcome)
    {
        var reply = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(reply, ReplyJson.Options))
        {
            json.WriteStartObject();
            RegistryEndpoints.WriteVersion(json, outcome.Current);
            json.WritePropertyName("changes");
            WriteChanges(json, outcome.Changes);
            json.WriteEndObject();
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = reply.WrittenCount;
        context.Response.Headers.ETag = RegistryEndpoints.ETag(outcome.Current);
        await context.Response.BodyWriter.WriteAsync(reply.WrittenMemory, context.RequestAborted);
    }

    private static JsonElement ChangesJson(IReadOnlyList<RegistryChange> changes)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, ReplyJson.Options))
        {
            WriteChanges(json, changes);
        }

        return JsonElement.Parse(output.WrittenSpan);
    }

    private static void WriteChanges(Utf8JsonWriter json, IReadOnlyList<RegistryChange> changes)
    {
        json.WriteStartArray();
        foreach (var change in changes)
        {
            json.WriteStartObject();
            json.WriteString("kind", change.Kind switch
            {
                ChangeKind.Added => "added",
                ChangeKind.Changed => "changed",
                _ => "removed",
            });
            json.WriteString("what", change.What);
            json.WriteString("name", change.Name);
            json.WriteStartArray("details");
            foreach (var detail in change.Details)
            {
                json.WriteStringValue(detail);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string SectionOf(string what) => what == "entity" ? "entities" : what + "s";
}
