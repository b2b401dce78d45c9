using System.Net.Http.Headers;
using System.Text.Json;
using FeatureStore.DevSidecar.Invocation;
using FeatureStore.DevSidecar.Resources;
using Microsoft.Extensions.Logging;

namespace FeatureStore.DevSidecar.PubSub.Delivery;

/// <summary>Asks the app, once, what it subscribes to, and joins that with what files declare.</summary>
internal sealed partial class SubscriptionDiscovery(string appId, AppChannel app, ILogger<SubscriptionDiscovery> logger)
{
    /// <summary>Only asked because daprd asks: there is nothing in it that DevSidecar could act on.</summary>
    public async Task AskConfigAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var response = await GetAsync("/dapr/config", cancellationToken);
        }
        catch (HttpRequestException exception)
        {
            Log.NoAnswer(logger, "/dapr/config", exception.Message);
        }
    }

    public async Task<List<SubscriptionResource>> AskSubscriptionsAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var response = await GetAsync("/dapr/subscribe", cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                if ((int)response.StatusCode != 404)
                {
                    Log.NoAnswer(logger, "/dapr/subscribe", $"status code {(int)response.StatusCode}");
                }

                return [];
            }

            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            return body.Length == 0 ? [] : Read(JsonSerializer.Deserialize(body, SubscribeReplyJson.Default.ListSubscribeReply) ?? []);
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException)
        {
            Log.NoAnswer(logger, "/dapr/subscribe", exception.Message);
            return [];
        }
    }

    /// <summary>Of subscriptions to one topic the later wins, and programmatic ones beat declared ones.</summary>
    public static List<SubscriptionResource> Join(IEnumerable<SubscriptionResource> declared, IEnumerable<SubscriptionResource> programmatic)
    {
        var joined = new Dictionary<(string, string), SubscriptionResource>();
        foreach (var subscription in declared.Concat(programmatic))
        {
            joined[(subscription.PubsubName, subscription.Topic)] = subscription;
        }

        return [.. joined.Values];
    }

    private List<SubscriptionResource> Read(List<SubscribeReply> replies)
    {
        var subscriptions = new List<SubscriptionResource>();
        foreach (var reply in replies)
        {
            if (reply.Routes?.Rules is { Count: > 0 })
            {
                Log.RoutingRefused(logger, reply.Topic);
                continue;
            }

            var route = reply.Routes?.Default is { Length: > 0 } byDefault ? byDefault : reply.Route;
            if (string.IsNullOrEmpty(route) || string.IsNullOrEmpty(reply.Topic) || string.IsNullOrEmpty(reply.PubsubName))
            {
                Log.NoRoute(logger, reply.Topic);
                continue;
            }

            var metadata = reply.Metadata ?? [];
            subscriptions.Add(new SubscriptionResource
            {
                PubsubName = reply.PubsubName,
                Topic = reply.Topic,
                Route = SubscriptionReader.WithSlash(route),
                DeadLetterTopic = reply.DeadLetterTopic ?? "",
                Metadata = metadata,
                RawPayload = SubscriptionReader.IsRaw(metadata),
                Bulk = reply.BulkSubscribe is { } bulk
                    ? SubscriptionReader.BulkOf(bulk.Enabled, bulk.MaxMessagesCount, bulk.MaxAwaitDurationMs)
                    : null,
            });
        }

        return subscriptions;
    }

    private Task<HttpResponseMessage> GetAsync(string path, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, app.UriOf(path)) { Content = new ByteArrayContent([]) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("dapr-app-id", appId);
        return app.SendAsync(request, cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The app's answer to {Path} is not usable: {Reason}")]
        public static partial void NoAnswer(ILogger logger, string path, string reason);

        [LoggerMessage(LogLevel.Error, "The app's subscription to {Topic} is left out: CEL routing is not in DevSidecar, use daprd")]
        public static partial void RoutingRefused(ILogger logger, string? topic);

        [LoggerMessage(LogLevel.Warning, "The app's subscription to {Topic} is left out: it has no topic, pubsub name or route")]
        public static partial void NoRoute(ILogger logger, string? topic);
    }
}
