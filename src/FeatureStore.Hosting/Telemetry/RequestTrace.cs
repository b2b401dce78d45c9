using System.Diagnostics;
using Microsoft.AspNetCore.Builder;

namespace FeatureStore.Hosting.Telemetry;

/// <summary>Gives requests the trace by which logs, errors and calls to the sidecar belong together, where no collector does.</summary>
/// <remarks>
/// ASP.NET would do so for every request, for its own log lines, which nobody sees by default: a fifth of what a read from memory
/// costs. Here those reads, which log nothing and call nobody, go without.
/// </remarks>
internal static class RequestTrace
{
    public static void UseRequestTrace(this WebApplication app) => app.Use(async (context, next) =>
    {
        if (Activity.Current is not null)
        {
            await next(context);
            return;
        }

        using var activity = new Activity("FeatureStore.Request");
        var parent = context.Request.Headers.TraceParent.ToString();
        if (parent.Length > 0)
        {
            activity.SetParentId(parent);
            activity.TraceStateString = context.Request.Headers.TraceState.ToString() is { Length: > 0 } state ? state : null;
        }

        activity.Start();
        await next(context);
    });
}
