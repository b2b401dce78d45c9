using System.Collections.Concurrent;
using System.Text.Json;

namespace FeatureStore.DevSidecar.Tests.Harness;

/// <summary>Apps that subscribe to one topic.</summary>
internal static class EventApps
{
    public const string DeadLetter = "dead";

    public static Task<TestApp> SingleAsync(string topic, Func<ReceivedRequest, Task<Reply>> reply, bool withDeadLetter = false) => TestApp.StartedAsync(app =>
    {
        var more = withDeadLetter ? $",\"deadLetterTopic\":\"{topic}-{DeadLetter}\"" : "";
        var second = withDeadLetter ? $$""",{"pubsubname":"ps","topic":"{{topic}}-{{DeadLetter}}","route":"/dead"}""" : "";
        app.Subscriptions = $$"""[{"pubsubname":"ps","topic":"{{topic}}","route":"/s"{{more}}}{{second}}]""";
        app.OnAsync("/s", reply).On("/dead", _ => new Reply());
    });

    public static Task<TestApp> SingleAsync(string topic) => SingleAsync(topic, _ => Task.FromResult(new Reply()));

    /// <summary>Raw bulks, as the services take them.</summary>
    public static Task<TestApp> RawBulkAsync(string topic, Func<ReceivedRequest, Task<Reply>> reply, int max = 100, bool withDeadLetter = false) => TestApp.StartedAsync(app =>
    {
        var more = withDeadLetter ? $",\"deadLetterTopic\":\"{topic}-{DeadLetter}\"" : "";
        var second = withDeadLetter ? $$""",{"pubsubname":"ps","topic":"{{topic}}-{{DeadLetter}}","route":"/dead"}""" : "";
        app.Subscriptions = $$"""
            [{"pubsubname":"ps","topic":"{{topic}}","route":"/b","metadata":{"rawPayload":"true"}{{more}},
              "bulkSubscribe":{"enabled":true,"maxMessagesCount":{{max}},"maxAwaitDurationMs":5} }{{second}}]
            """;
        app.OnAsync("/b", reply).On("/dead", _ => new Reply());
    });

    public static Task<TestApp> RawBulkAsync(string topic, int max = 100) => RawBulkAsync(topic, request => Task.FromResult(Reply.AllSucceeded(request)), max);

    /// <summary>The data of all CloudEvents that came in raw bulks.</summary>
    public static IReadOnlyList<string> BulkData(this TestApp app) =>
        [.. app.At("/b").SelectMany(request => request.Entries).Select(Data)];

    /// <summary>The data of all CloudEvents that came one by one.</summary>
    public static IReadOnlyList<string> SingleData(this TestApp app) =>
        [.. app.At("/s").Select(request => request.Json.GetProperty("data").GetRawText())];

    public static string Data(JsonElement entry) =>
        JsonDocument.Parse(ReceivedRequest.RawText(entry)).RootElement.GetProperty("data").GetRawText();

    /// <summary>Publishes numbers, all at once; returns those that were acknowledged.</summary>
    public static async Task<IReadOnlyCollection<int>> PublishNumbersAsync(Func<int, Task<bool>> publish, IEnumerable<int> numbers)
    {
        var acknowledged = new ConcurrentBag<int>();
        await Task.WhenAll(numbers.Select(async number =>
        {
            if (await publish(number))
            {
                acknowledged.Add(number);
            }
        }));
        return acknowledged;
    }
}
