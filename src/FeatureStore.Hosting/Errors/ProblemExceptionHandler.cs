using FeatureStore.Dapr;
using FeatureStore.Model;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FeatureStore.Hosting.Errors;

/// <summary>The one place where exceptions become replies.</summary>
internal sealed partial class ProblemExceptionHandler(ILogger<ProblemExceptionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to answer; the status is for the log alone.
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        var problem = Problems.Of(exception);
        if (exception is StateStoreException or PublishException or InvocationException)
        {
            Log.DependencyAway(logger, httpContext.Request.Method, exception.Message);
        }
        else if (exception is StoredRowFormatException)
        {
            // What is wrong lies in the store, not here.
            Log.Unreadable(logger, httpContext.Request.Method, exception.Message);
        }
        else if (problem.Status >= 500)
        {
            Log.Failed(logger, httpContext.Request.Method, exception.GetType(), exception.Message);
            Log.FailedAt(logger, exception);
        }

        await Problems.WriteAsync(httpContext, problem);
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A {Method} was answered 503: {Reason}")]
        public static partial void DependencyAway(ILogger logger, string method, string reason);

        [LoggerMessage(2, LogLevel.Error, "A {Method} failed: {Type}: {Reason}")]
        public static partial void Failed(ILogger logger, string method, Type type, string reason);

        [LoggerMessage(3, LogLevel.Error, "A {Method} failed: {Reason}")]
        public static partial void Unreadable(ILogger logger, string method, string reason);

        [LoggerMessage(4, LogLevel.Debug, "Where it failed")]
        public static partial void FailedAt(ILogger logger, Exception exception);
    }
}
