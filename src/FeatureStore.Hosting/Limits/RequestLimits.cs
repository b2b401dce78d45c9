using System.Threading.RateLimiting;
using FeatureStore.Hosting.Access;
using FeatureStore.Hosting.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureStore.Hosting.Limits;

/// <summary>Holds callers to <see cref="LimitOptions"/>.</summary>
internal static class RequestLimits
{
    public static void AddRequestLimits(this WebApplicationBuilder builder)
    {
        var limits = LimitOptions.Read(builder.Configuration);
        builder.Services.AddSingleton(limits);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestHeadersTotalSize = limits.MaxHeaderBytes;
            kestrel.Limits.MaxRequestLineSize = limits.MaxRequestLineBytes;
            kestrel.Limits.MaxRequestBufferSize = Math.Max(kestrel.Limits.MaxRequestBufferSize ?? 0, limits.MaxRequestLineBytes);
        });
        builder.Services.AddRequestTimeouts(timeouts => timeouts.DefaultPolicy = new RequestTimeoutPolicy
        {
            Timeout = limits.RequestTimeout,
            WriteTimeoutResponse = context => Problems.WriteAsync(context, Problems.Create(
                StatusCodes.Status504GatewayTimeout, Problems.TimedOut, "The request took too long.", $"It was given up after {limits.RequestTimeout.TotalSeconds:0.#} s.")),
        });
        if (limits.RequestsPerSecond > 0)
        {
            builder.Services.AddRateLimiter(limiter => Configure(limiter, limits));
        }
    }

    public static void UseRequestLimits(this WebApplication app)
    {
        app.UseRequestTimeouts();
        if (app.Services.GetRequiredService<LimitOptions>().RequestsPerSecond > 0)
        {
            app.UseRateLimiter();
        }
    }

    private static void Configure(RateLimiterOptions limiter, LimitOptions limits)
    {
        // About ten times a second, so that a caller at its limit goes evenly rather than by jerks.
        var tokens = (limits.RequestsPerSecond + 9) / 10;
        var bucket = new TokenBucketRateLimiterOptions
        {
            TokenLimit = Math.Max(tokens, limits.Burst > 0 ? limits.Burst : limits.RequestsPerSecond),
            TokensPerPeriod = tokens,
            ReplenishmentPeriod = TimeSpan.FromSeconds((double)tokens / limits.RequestsPerSecond),
        };
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context =>
            AccessControl.NeededBy(context) is Right.None or Right.Sidecar
                ? RateLimitPartition.GetNoLimiter("")
                : RateLimitPartition.GetTokenBucketLimiter(CallerOf(context), _ => bucket));
        limiter.OnRejected = (rejected, _) => new ValueTask(Problems.WriteAsync(rejected.HttpContext, Problems.Create(
            StatusCodes.Status429TooManyRequests,
            Problems.TooMany,
            "Too many requests.",
            $"A caller may make {limits.RequestsPerSecond} requests per second here.")));
    }

    private static string CallerOf(HttpContext context) => context.Features.Get<Caller>() is { } caller
        ? (caller.IsSidecar ? "app " : "key ") + caller.Name
        : $"address {context.Connection.RemoteIpAddress}";
}
