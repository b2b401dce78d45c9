using System.Net;
using System.Text;
using FeatureStore.Harness;
using StackExchange.Redis;
using Xunit;

namespace FeatureStore.SystemTests;

/// <summary>What goes wrong in the store is told without its secrets and without where in the code it came up.</summary>
public sealed class SecretTests
{
    private const string Password = "planted-redis-password-3e8d";

    /// <summary>Fails for a text with a planted secret or a stack trace in it.</summary>
    internal static void HasNoSecret(string text)
    {
        Assert.NotEmpty(text);
        Assert.DoesNotContain("planted-", text);
        // Also as the JSON of a log or an answer has it.
        Assert.DoesNotContain("   at ", text);
        Assert.DoesNotContain("\\u0020 at ", text);
    }

    [Fact]
    public async Task A_row_that_is_none_and_a_store_that_refuses_its_password_are_told_without_secret_or_trace()
    {
        await using var redis = await RedisServer.StartAsync();
        Assert.SkipWhen(redis is null, RedisServer.Missing);
        await using (var open = await redis.ConnectAsync())
        {
            await open.GetDatabase().ExecuteAsync("CONFIG", "SET", "requirepass", Password);
        }

        await using var stack = await FeatureStack.StartAsync(new StackOptions
        {
            Components = Repository.PathOf("components"),
            ApiToken = "planted-sidecar-token-40b1",
            Environment = new Dictionary<string, string?>
            {
                ["REDIS_HOST"] = redis.Endpoint,
                ["REDIS_PASSWORD"] = Password,
                ["Logging__LogLevel__Default"] = "Debug",
            },
        });
        var answers = new StringBuilder();
        async Task<HttpStatusCode> Ask(Task<Reply> call)
        {
            var reply = await call;
            answers.AppendLine(reply.Body);
            return reply.Status;
        }

        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{redis.Endpoint},password={Password},allowAdmin=true");
        var database = connection.GetDatabase();
        await database.HashSetAsync("featurestore||default/foreign", [new("data", "no row"), new("version", 1), new("first-write", 0)]);
        await database.HashSetAsync("featurestore||default/alien", [new("something", "else")]);
        foreach (var id in (string[])["foreign", "alien"])
        {
            Assert.Equal(HttpStatusCode.InternalServerError, await Ask(stack.Api.Read($"/features/{id}")));
            Assert.Equal(HttpStatusCode.InternalServerError, await Ask(stack.Ingest.Patch($"/features/{id}", """{"f":1}""")));
            await Ask(stack.Ingest.PostLines($$"""{"entity_id":"{{id}}","features":{"f":1} }"""));
            await stack.Publish($$"""{"entity_id":"{{id}}","features":{"f":1} }""");
        }

        await Wait.UntilAsync(async () => await LettersAsync(stack) >= 2, "the dead letters");
        await Ask(stack.Ingest.Read("/dead-letters"));

        // Another password from now on: whatever connects again is refused.
        await database.ExecuteAsync("CONFIG", "SET", "requirepass", "another");
        await database.ExecuteAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no");
        await Wait.UntilAsync(async () => await Ask(stack.Ingest.Patch("/features/x", """{"f":1}""")) == HttpStatusCode.ServiceUnavailable, "the refusal to show");
        await Wait.UntilAsync(async () => await Ask(stack.Api.Read("/features/x")) == HttpStatusCode.ServiceUnavailable, "the refusal to show");
        await Ask(stack.Ingest.Read("/health/ready"));
        await Ask(stack.IngestSidecar.Read("/v1.0/metadata"));
        // And a sidecar that is refused at its start ends.
        stack.IngestSidecarProcess.Signal("KILL");
        await stack.IngestSidecarProcess.WaitForExitAsync();
        stack.RestartIngestSidecar();
        Assert.Equal(1, await stack.IngestSidecarProcess.WaitForExitAsync());

        HasNoSecret(answers.ToString());
        HasNoSecret(stack.Logs);
    }

    private static async Task<int> LettersAsync(FeatureStack stack) =>
        (await stack.Ingest.Read("/dead-letters")).Json.GetProperty("dead_letters").GetArrayLength();
}
