using System.Buffers;
using System.Globalization;
using System.Text.Json;
using FeatureStore.Dapr;
using FeatureStore.Hosting.Access;
using FeatureStore.Hosting.Errors;
using FeatureStore.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace FeatureStore.Hosting.Registry;

/// <summary><c>GET /registry</c>: what is declared; and where the sidecar delivers that it has changed.</summary>
public static class RegistryEndpoints
{
    /// <summary>The topic on which every replica hears that a registry was applied.</summary>
    public const string Topic = "feature-registry";

    internal static void MapRegistry(this WebApplication app)
    {
        app.MapPost("/events/feature-registry", Hear).Needs(Right.Sidecar).ExcludeFromDescription();
        app.MapGet("/registry", GetAsync)
            .WithSummary("All that is declared: entities, feature views and feature services.")
            .Produces<RegistryReplySchema>()
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        Describe(app.MapGet("/registry/entities/{name}", GetEntityAsync), "One entity.");
        Describe(app.MapGet("/registry/views/{name}", GetViewAsync), "One feature view.");
        Describe(app.MapGet("/registry/services/{name}", GetServiceAsync), "One feature service.");
    }

    /// <summary>Writes the registry as it was applied, with the changes that led to it where there are some to tell.</summary>
    public static async Task WriteAsync(HttpContext context, AppliedRegistry applied)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, ReplyJson.Options))
        {
            json.WriteStartObject();
            WriteVersion(json, applied);
            using var declared = JsonDocument.Parse(RegistryWriter.Write(applied.Registry));
            foreach (var section in (string[])["entities", "views", "services"])
            {
                json.WritePropertyName(section);
                if (declared.RootElement.TryGetProperty(section, out var items))
                {
                    items.WriteTo(json);
                }
                else
                {
                    json.WriteStartObject();
                    json.WriteEndObject();
                }
            }

            WriteRetired(json, applied);
            json.WriteEndObject();
        }

        context.Response.Headers.ETag = ETag(applied);
        await WriteAsync(context, output.WrittenMemory);
    }

    /// <summary>Writes what is stored and declared no longer, where there is any: it can be deleted.</summary>
    private static void WriteRetired(Utf8JsonWriter json, AppliedRegistry applied)
    {
        if (applied.Retired.Count == 0)
        {
            return;
        }

        json.WriteStartObject("retired");
        foreach (var (name, view) in applied.Retired)
        {
            json.WriteStartObject(name);
            json.WriteString("entity", view.Entity.Name);
            json.WriteStartObject("keys");
            foreach (var key in view.Entity.Keys)
            {
                json.WriteString(key.Name, FeatureType.NameOf(key.Type));
            }

            json.WriteEndObject();
            json.WriteStartObject("features");
            foreach (var (feature, type) in view.Features)
            {
                json.WriteString(feature, type.ToString());
            }

            json.WriteEndObject();
            json.WriteBoolean("open", view.WasOpen);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>Writes <c>"version":9,"applied_at":"…"</c>.</summary>
    public static void WriteVersion(Utf8JsonWriter json, AppliedRegistry applied)
    {
        json.WriteNumber("version", applied.Version);
        if (applied.Version > 0)
        {
            json.WriteString("applied_at", applied.AppliedAt.ToString());
        }
    }

    /// <summary>The entity tag of a registry: its version.</summary>
    public static string ETag(AppliedRegistry applied) => string.Create(CultureInfo.InvariantCulture, $"\"{applied.Version}\"");

    /// <summary>An event is only a hint: what is in the store counts, so nothing in it is read.</summary>
    private static IResult Hear(RegistryWatch watch)
    {
        watch.Look();
        return Results.Ok();
    }

    private static async Task GetAsync(HttpContext context, RegistryWatch watch, CancellationToken cancellationToken) =>
        await WriteAsync(context, await watch.GetAsync(cancellationToken));

    private static Task GetEntityAsync(HttpContext context, RegistryWatch watch, string name, CancellationToken cancellationToken) =>
        GetOneAsync(context, watch, "entity", name, registry => registry.Entities, RegistryWriter.Write, cancellationToken);

    private static Task GetViewAsync(HttpContext context, RegistryWatch watch, string name, CancellationToken cancellationToken) =>
        GetOneAsync(context, watch, "view", name, registry => registry.Views, RegistryWriter.Write, cancellationToken);

    private static Task GetServiceAsync(HttpContext context, RegistryWatch watch, string name, CancellationToken cancellationToken) =>
        GetOneAsync(context, watch, "service", name, registry => registry.Services, RegistryWriter.Write, cancellationToken);

    private static async Task GetOneAsync<T>(
        HttpContext context, RegistryWatch watch, string what, string name, Func<Model.Registry, IReadOnlyDictionary<string, T>> section,
        Func<T, ReadOnlyMemory<byte>> write, CancellationToken cancellationToken)
    {
        var applied = await watch.GetAsync(cancellationToken);
        var items = section(applied.Registry);
        if (items.TryGetValue(name, out var item))
        {
            context.Response.Headers.ETag = ETag(applied);
            await WriteAsync(context, write(item));
            return;
        }

        await Problems.WriteAsync(context, Problems.Of([Fault.Unknown($"There is no {what} '{name}'.{ClosestName.Suggestion(name, items.Keys)}", what)]));
    }

    private static async Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> json)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        await context.Response.BodyWriter.WriteAsync(json, context.RequestAborted);
    }

    private static void Describe(RouteHandlerBuilder endpoint, string summary) => endpoint
        .WithSummary(summary)
        .Produces<JsonElement>()
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
}
