using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FeatureStore.Client.Tests.Edge;

/// <summary>A stream of features as the service holds it.</summary>
internal sealed class OpenStream(HttpContext context)
{
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Target { get; } = context.Features.Get<IHttpRequestFeature>()!.RawTarget;

    public IReadOnlyDictionary<string, string> Headers { get; } =
        context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);

    /// <summary>Done once it is over, whoever ended it.</summary>
    public Task Over => _over.Task;

    /// <summary>Done once the client has gone.</summary>
    public Task LeftAsync() => _left.Task.WaitAsync(TimeSpan.FromMinutes(1));

    public bool HasLeft => _left.Task.IsCompleted;

    /// <summary>What a read with metadata answers: feature <c>f</c>.</summary>
    public static string Features(string f, DateTimeOffset? at = null)
    {
        var time = at is { } given ? $"\"{given.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture)}\"" : "null";
        return $$$$"""
            {"entity_id":"a","features":{"f":{{{{f}}}}},"metadata":{"f":{"view":"v","status":"PRESENT",
            "event_timestamp":{{{{time}}}},"created_timestamp":{{{{time}}}},"expires_at":null,"age_seconds":null,"stale":false}}}
            """.ReplaceLineEndings("");
    }

    public async Task BeginAsync()
    {
        context.RequestAborted.Register(() =>
        {
            _left.TrySetResult();
            _over.TrySetResult();
        });
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers["Registry-Version"] = "7";
        await context.Response.Body.FlushAsync();
    }

    /// <summary>The first event, and after how long to come back when the stream has broken.</summary>
    public Task SnapshotAsync(string body, int retryMilliseconds = 1) => WriteAsync($"event: snapshot\nretry: {retryMilliseconds}\ndata: {body}\n\n");

    public Task ChangeAsync(string body) => WriteAsync($"event: change\ndata: {body}\n\n");

    public Task HeartbeatAsync(string seconds) => WriteAsync($"event: heartbeat\ndata: {{\"staleness_seconds\":{seconds}}}\n\n");

    public async Task EndAsync(string reason)
    {
        await WriteAsync($$"""
            event: ended
            data: {"reason":"{{reason}}","detail":"It is so."}


            """);
        Close();
    }

    public async Task WriteAsync(string text)
    {
        await context.Response.WriteAsync(text.ReplaceLineEndings("\n"));
        await context.Response.Body.FlushAsync();
    }

    /// <summary>Ends the answer in good order.</summary>
    public void Close() => _over.TrySetResult();

    /// <summary>Cuts the connection.</summary>
    public void Cut()
    {
        context.Abort();
        _over.TrySetResult();
    }
}
