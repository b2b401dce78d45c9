using System.Net;
using FeatureStore.Harness;
using StackExchange.Redis;
using Xunit;

namespace FeatureStore.SystemTests.Facts;

/// <summary>Tests of facts on Redis: the services are called as users call them, and what lies in Redis is looked at.</summary>
public abstract class RedisFacts : IAsyncLifetime
{
    private readonly RedisStack _shared;
    private ConnectionMultiplexer? _connection;

    protected RedisFacts(RedisStack shared)
    {
        Assert.SkipWhen(shared.SkipReason is not null, shared.SkipReason ?? "");
        _shared = shared;
    }

    protected FeatureStack Stack => _shared.Stack;

    protected IDatabase Redis => _connection!.GetDatabase();

    public async ValueTask InitializeAsync() => _connection = await _shared.Redis.ConnectAsync();

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>The Redis key of a row.</summary>
    protected static string KeyOf(string id, string view = "default") => $"featurestore||{view}/{id}";

    /// <summary>The document of a row as it lies in Redis.</summary>
    protected async Task<string?> DocumentAsync(string id, string view = "default") =>
        await Redis.HashGetAsync(KeyOf(id, view), "data");

    /// <summary>How long Redis keeps a row; null for ever.</summary>
    protected Task<TimeSpan?> TimeToLiveAsync(string id, string view = "default") => Redis.KeyTimeToLiveAsync(KeyOf(id, view));

    /// <summary>Sends a write until it is acknowledged, as a producer does: many writers of one row may be told to try again.</summary>
    internal static async Task<Reply> AcknowledgedAsync(Func<Task<Reply>> write)
    {
        Reply reply = null!;
        await Wait.UntilAsync(async () => (reply = await write()).Status != HttpStatusCode.ServiceUnavailable, "a write to be acknowledged");
        Assert.Equal(HttpStatusCode.OK, reply.Status);
        return reply;
    }

    /// <summary>Puts a document into Redis as something else than the services would.</summary>
    protected Task ForeignAsync(string id, string data, string version = "1") =>
        Redis.HashSetAsync(KeyOf(id), [new("data", data), new("version", version)]);

    /// <summary>Waits until an event lies in the dead-letter topic.</summary>
    protected Task DeadLetteredAsync(string text) => Wait.UntilAsync(() => IsDeadLetteredAsync(text), $"'{text}' to be dead-lettered");

    /// <summary>Whether an event with this text lies in the dead-letter topic, in a CloudEvent or bare, as JSON or as base64.</summary>
    protected async Task<bool> IsDeadLetteredAsync(string text)
    {
        var dead = await Redis.StreamRangeAsync("feature-updates-dead-letter");
        return dead.Any(entry => Holds(entry["data"].ToString(), text));
    }

    private static bool Holds(string payload, string text)
    {
        const string Base64 = "\"data_base64\":\"";
        var start = payload.IndexOf(Base64, StringComparison.Ordinal);
        if (start < 0)
        {
            return payload.Replace("\\\"", "\"", StringComparison.Ordinal).Contains(text, StringComparison.Ordinal);
        }

        start += Base64.Length;
        var bytes = Convert.FromBase64String(payload[start..payload.IndexOf('"', start)]);
        return System.Text.Encoding.UTF8.GetString(bytes).Contains(text, StringComparison.Ordinal);
    }
}
