using System.Buffers;
using System.Net.ServerSentEvents;
using FeatureStore.Dapr;
using FeatureStore.FeatureApi.Resident;
using FeatureStore.FeatureApi.Serving;
using FeatureStore.Hosting.Bodies;
using FeatureStore.Hosting.Errors;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Net.Http.Headers;

namespace FeatureStore.FeatureApi.Streaming;

/// <summary>Answers reads that ask for <c>text/event-stream</c>: the latest features, and again whenever they change.</summary>
internal sealed partial class EventStreams(
    EntityReader reader, StreamHub hub, ChangeCurrency currency, SettledViews views, RegistryWatch registry, StreamOptions options, ResidentOptions resident,
    StreamMetrics metrics, TimeProvider time, ILogger<EventStreams> logger)
{
    private const string MediaType = "text/event-stream";

    /// <summary>How long a caller that was too slow has for what is still on its way to it, the reason included.</summary>
    private static readonly TimeSpan EndGrace = TimeSpan.FromSeconds(5);

    public EntityReader Reader => reader;

    public StreamHub Hub => hub;

    public ChangeCurrency Currency => currency;

    public SettledViews Views => views;

    public RegistryWatch Registry => registry;

    public StreamMetrics Metrics => metrics;

    public TimeProvider Time => time;

    public long HeartbeatTicks => Ticks(options.Heartbeat);

    public long WriteTicks => Ticks(options.WriteTimeout);

    /// <summary>How long a caller may take to receive an event that was on its way when its stream was to end.</summary>
    public long EndTicks => time.TimestampFrequency;

    /// <summary>How often rows of which nobody tells are read: they may be as old as those that are told of.</summary>
    public long PollTicks => Ticks(resident.MaxStaleness);

    /// <summary>Whether a request asks for a stream.</summary>
    public static bool AreAskedFor(HttpContext context) =>
        MediaTypeHeaderValue.TryParseList(context.Request.Headers.Accept, out var accepted)
        && accepted.Any(type => type.MediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase) && type.Quality != 0);

    public long Ticks(TimeSpan duration) => (long)(duration.TotalSeconds * time.TimestampFrequency);

    /// <summary>After how long a caller that has lost its stream connects again: not all at once.</summary>
    public TimeSpan NextReconnection() => TimeSpan.FromMilliseconds(Random.Shared.Next(500, 3000));

    /// <summary>Streams until the caller goes or the stream ends.</summary>
    /// <exception cref="StateStoreException">The rows could not be read when the stream was to begin.</exception>
    public async Task ServeAsync(HttpContext context, FeatureQuery query)
    {
        using var stream = new FeatureStream(context, query, this);
        if (!hub.TryAdd(stream))
        {
            await Problems.WriteAsync(context, Problems.Create(
                StatusCodes.Status503ServiceUnavailable, Problems.Unavailable, "There are too many streams.", $"This replica serves {options.MaxStreams} streams at the most."));
            return;
        }

        var reason = "failed";
        metrics.Opened();
        try
        {
            var first = await stream.BeginAsync(context.RequestAborted);
            context.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            // How slow a caller may be is seen to here.
            if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
            {
                rate.MinDataRate = null;
            }

            context.Response.ContentType = MediaType;
            context.Response.Headers.CacheControl = "no-store";
            reason = await WriteAsync(context, stream, first) ?? "caller";
        }
        finally
        {
            hub.Remove(stream);
            metrics.Ended(context.RequestAborted.IsCancellationRequested && stream.Ends is null ? "caller" : reason);
        }
    }

    /// <summary>Writes the events.</summary>
    /// <returns>Why the stream has ended; null if the caller has gone.</returns>
    private async Task<string?> WriteAsync(HttpContext context, FeatureStream stream, PooledBuffer first)
    {
        var writing = SseFormatter.WriteAsync(
            stream.EventsAsync(first, context.RequestAborted), context.Response.Body, static (item, output) => output.Write(item.Data.Written.Span), context.RequestAborted);
        try
        {
            if (await Task.WhenAny(writing, stream.Stuck) == stream.Stuck)
            {
                // Once it has taken that event, it is told why.
                stream.End(StreamEnd.Slow(options.WriteTimeout));
                Log.Slow(logger, stream.Ends!.Reason);
                try
                {
                    await writing.WaitAsync(EndGrace, time);
                }
                catch (TimeoutException)
                {
                    context.Abort();
                    await writing;
                }

                return stream.Ends.Reason;
            }

            await writing;
            return stream.Ends?.Reason;
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            return stream.Ends?.Reason;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A stream was ended whose caller had not received an event in time: {Reason}")]
        public static partial void Slow(ILogger logger, string reason);
    }
}
