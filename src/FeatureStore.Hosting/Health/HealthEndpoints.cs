using System.Text.Json;
using FeatureStore.Hosting.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FeatureStore.Hosting.Health;

/// <summary><c>/health/live</c>: the process runs; <c>/health/ready</c>: it can serve, sidecar and state store are reached.</summary>
public static class HealthEndpoints
{
    internal const string ReadyTag = "ready";

    /// <summary>Answers at a path whether the service is ready, as 200 or 503 with nothing in it.</summary>
    public static IEndpointConventionBuilder MapReadiness(this WebApplication app, string path) => app.MapHealthChecks(
        path, new HealthCheckOptions { Predicate = check => check.Tags.Contains(ReadyTag), ResponseWriter = WriteNothingAsync }).Needs(Right.None);

    internal static void MapHealth(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = WriteAsync }).Needs(Right.None);
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(ReadyTag), ResponseWriter = WriteAsync }).Needs(Right.None);
    }

    private static Task WriteNothingAsync(HttpContext context, HealthReport report)
    {
        // Nor has whoever gives empty replies a body.
        if (context.Features.Get<IStatusCodePagesFeature>() is { } pages)
        {
            pages.Enabled = false;
        }

        return Task.CompletedTask;
    }

    private static async Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "application/json";
        var isOpen = context.RequestServices.GetRequiredService<AccessOptions>().IsOpen;
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("status", report.Status.ToString());
        json.WriteStartObject("checks");
        foreach (var (name, entry) in report.Entries)
        {
            json.WriteStartObject(name);
            json.WriteString("status", entry.Status.ToString());
            // Nobody who asks has shown who he is.
            if (isOpen && entry.Description is { } description)
            {
                json.WriteString("description", description);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
