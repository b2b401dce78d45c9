using System.Net;
using FeatureStore.Hosting.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FeatureStore.Hosting.Access;

/// <summary>
/// Lets a request in that comes through the service's own sidecar (it sends APP_API_TOKEN) or shows an API key with the
/// right that the address asks for.
/// </summary>
public static partial class AccessControl
{
    private const string AppTokenHeader = "dapr-api-token";
    private const string ApiKeyHeader = "X-API-Key";
    private const string Bearer = "Bearer ";

    /// <summary>Says what an address asks of its callers. What says nothing asks for <see cref="Right.Read"/>.</summary>
    public static TBuilder Needs<TBuilder>(this TBuilder endpoint, Right right)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new NeededRight(right));

    internal static Right NeededBy(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<NeededRight>()?.Right ?? Right.Read;

    internal static void UseAccessControl(this WebApplication app)
    {
        var access = app.Services.GetRequiredService<AccessOptions>();
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(AccessControl));
        if (access.IsOpen)
        {
            app.Lifetime.ApplicationStarted.Register(() => WarnIfExposed(app, logger));
            return;
        }

        app.Use((context, next) =>
        {
            var needed = NeededBy(context);
            if (needed == Right.None)
            {
                return next(context);
            }

            var headers = context.Request.Headers;
            if (access.IsAppToken(headers[AppTokenHeader]))
            {
                var app = headers["dapr-caller-app-id"].ToString();
                if (needed == Right.Sidecar && app.Length > 0)
                {
                    // An invocation comes through the sidecar, too, but is not a delivery.
                    Log.Refused(logger, context.Request.Method, app, needed);
                    return RefuseAsync(context, null, needed);
                }

                // Which app may invoke what is the sidecar's business: its access control lists.
                context.Features.Set(new Caller(app, IsSidecar: true));
                return next(context);
            }

            var key = needed == Right.Sidecar ? null : access.Find(Given(headers));
            if (key is not null && key.Rights.Contains(needed))
            {
                context.Features.Set(new Caller(key.Name, IsSidecar: false));
                return next(context);
            }

            Log.Refused(logger, context.Request.Method, key?.Name ?? "without a key", needed);
            return RefuseAsync(context, key, needed);
        });
    }

    private static Task RefuseAsync(HttpContext context, ApiKey? key, Right needed)
    {
        if (key is not null)
        {
            return Problems.WriteAsync(context, Problems.Create(
                StatusCodes.Status403Forbidden, Problems.Forbidden, "The API key does not allow this.", $"The key '{key.Name}' lacks the right to {Verb(needed)}."));
        }

        context.Response.Headers.WWWAuthenticate = "Bearer";
        ProblemDetails problem = Problems.Create(
            StatusCodes.Status401Unauthorized,
            Problems.Unauthorized,
            "Who calls is not known.",
            needed == Right.Sidecar
                ? "This address is for the service's own Dapr sidecar, which sends APP_API_TOKEN."
                : $"Send 'Authorization: Bearer <key>' with an API key that has the right to {Verb(needed)}, or call through a Dapr sidecar.");
        return Problems.WriteAsync(context, problem);
    }

    private static string Verb(Right right) => right == Right.Write ? "write" : "read";

    private static string? Given(IHeaderDictionary headers)
    {
        var authorization = headers.Authorization.ToString();
        return authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? authorization[Bearer.Length..].Trim() : headers[ApiKeyHeader];
    }

    private static void WarnIfExposed(WebApplication app, ILogger logger)
    {
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        foreach (var address in addresses.Where(address => !IsLoopback(address)))
        {
            Log.Exposed(logger, address);
        }
    }

    private static bool IsLoopback(string address) =>
        address.Contains("//unix:", StringComparison.Ordinal)
        || (BindingAddress.Parse(address).Host is var host
            && (host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip))));

    private sealed record NeededRight(Right Right);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "A {Method} of a caller {Caller} was refused: it needs the right {Right}")]
        public static partial void Refused(ILogger logger, string method, string caller, Right right);

        [LoggerMessage(2, LogLevel.Warning, "Everybody who reaches {Address} may read and write: neither APP_API_TOKEN nor Access:ApiKeys is set")]
        public static partial void Exposed(ILogger logger, string address);
    }
}
