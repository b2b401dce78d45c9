using System.Net;
using FeatureStore.Harness;
using FeatureStore.SystemTests.Declared;
using FeatureStore.SystemTests.History;
using StackExchange.Redis;
using Xunit;

namespace FeatureStore.SystemTests.Push;

/// <summary>A view with <c>preload: true</c> is in memory before anybody asks for it.</summary>
public sealed class PreloadTests
{
    [Fact]
    public async Task Rows_that_nobody_has_read_are_served_when_the_store_has_lost_them()
    {
        await using var redis = await RedisServer.StartAsync();
        Assert.SkipWhen(redis is null, RedisServer.Missing);
        await using var connection = await redis.ConnectAsync();
        var history = Directory.CreateTempSubdirectory("featurestore-history-");
        try
        {
            await using var stack = await FeatureStack.StartAsync(new StackOptions
            {
                Components = Repository.PathOf("components"),
                HistoryFolder = history.FullName,
                Environment = new Dictionary<string, string?>
                {
                    ["REDIS_HOST"] = redis.Endpoint,
                    ["Resident__MaxStaleness"] = "00:00:03",
                    ["Resident__ProbeInterval"] = "00:00:00.5",
                    ["Sidecar__ChangeInterval"] = "00:00:00.5",
                },
            });
            await stack.Declare(Registry("pull", "false"));
            var lines = string.Join('\n', Enumerable.Range(0, 250).Select(i => $$$"""{"view":"warm","entity_id":"a/{{{i}}}","features":{"f":{{{i}}}}}"""));
            Assert.Equal(HttpStatusCode.OK, (await stack.Ingest.PostLines(lines)).Status);
            await Wait.UntilAsync(async () => (await HistoryCalls.Rows(history.FullName, "warm")).Count == 250, "the rows to be in history");

            await stack.Declare(Registry("push", "true"));
            await Wait.UntilAsync(() => Task.FromResult(stack.ApiProcess.Output.Contains("250 entities of view warm were read into memory", StringComparison.Ordinal)), "the rows to be read into memory");
            Assert.Equal(250, (await connection.GetDatabase().ExecuteAsync("KEYS", "featurestore||warm/*")).Length);
            await connection.GetDatabase().ExecuteAsync("EVAL", "return redis.call('DEL', unpack(redis.call('KEYS', 'featurestore||warm/*')))", 0);
            foreach (var i in (int[])[0, 17, 249])
            {
                Assert.Equal($$"""{"f":{{i}}}""", (await stack.Api.Read($"/features/a%2F{i}?view=warm")).Features);
            }
        }
        finally
        {
            history.Delete(recursive: true);
        }
    }

    private static string Registry(string serving, string preload) =>
        """{"entities":{"thing":{"keys":{"id":"string"}}},"views":{"warm":{"entity":"thing","serving":"pull","preload":false,"features":{"f":"int64"}}}}"""
            .Replace("pull", serving, StringComparison.Ordinal).Replace("false", preload, StringComparison.Ordinal);
}
