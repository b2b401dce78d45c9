using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace FeatureStore.Client.Tests.Querying;

/// <summary>How a query becomes calls.</summary>
public sealed class ChunkTests(RunningStore running)
{
    private static readonly FeatureQuery Query = new() { Service = "s" };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Calls_go_out_a_few_at_a_time_and_their_rows_come_in_order()
    {
        var (now, most) = (0, 0);
        var third = new TaskCompletionSource();
        await using var service = await StandInService.StartAsync(async (context, n) =>
        {
            var under = Interlocked.Increment(ref now);
            lock (Query)
            {
                most = Math.Max(most, under);
            }

            // The first ones are answered once as many are under way as may be.
            _ = under == 3 ? third.TrySetResult() : false;
            await third.Task;
            Interlocked.Decrement(ref now);
            await EchoAsync(context, "1");
        });
        using var store = service.Client(options => (options.MaxEntitiesPerCall, options.MaxConcurrentCalls) = (10, 3));
        var table = await store.QueryAsync(Query, Enumerable.Range(0, 205).Select(i => new { i }), Cancel);
        Assert.Equal(Enumerable.Range(0, 205), table.Rows.Select(row => row["i"].GetInt32()));
        Assert.Equal(21, service.Calls.Count);
        Assert.Equal(3, most);
    }

    [Fact]
    public async Task A_service_that_changes_between_two_calls_is_asked_once_more_so_that_all_rows_are_of_one_version()
    {
        await using var service = await StandInService.StartAsync((context, n) => EchoAsync(context, n == 1 ? "1" : "2"));
        using var store = service.Client(options => options.MaxEntitiesPerCall = 10);
        var table = await store.QueryAsync(Query, Enumerable.Range(0, 15).Select(i => new { i }), Cancel);
        Assert.Equal((2, 15, 4), (table.ServiceVersion, table.Rows.Count, service.Calls.Count));

        await using var restless = await StandInService.StartAsync((context, n) => EchoAsync(context, $"{n}"));
        using var patient = restless.Client(options => options.MaxEntitiesPerCall = 10);
        await Assert.ThrowsAsync<FeatureStoreException>(() => patient.QueryAsync(Query, Enumerable.Range(0, 15).Select(i => new { i }), Cancel));
    }

    [Fact]
    public async Task One_call_that_fails_fails_the_query_with_its_own_failure()
    {
        await using var service = await StandInService.StartAsync((context, n) =>
            n == 3 ? StandInService.ProblemAsync(context, 422, "urn:featurestore:invalid", "No.") : EchoAsync(context, "1"));
        using var store = service.Client(options => options.MaxEntitiesPerCall = 10);
        await Assert.ThrowsAsync<FeatureStoreInvalidException>(() => store.QueryAsync(Query, Enumerable.Range(0, 100).Select(i => new { i }), Cancel));
    }

    [Fact]
    public async Task A_reply_of_another_form_is_no_answer()
    {
        await using var service = await StandInService.StartAsync((context, n) => StandInService.JsonAsync(context, 200, n switch
        {
            1 => """{"features":["f"],"rows":[]}""",
            2 => """{"features":["f"]}""",
            3 => "[1]",
            _ => "<html>",
        }));
        using var store = service.Client();
        for (var i = 0; i < 4; i++)
        {
            await Assert.ThrowsAsync<FeatureStoreException>(() => store.QueryAsync(Query, [new { i }], Cancel));
        }
    }

    [Fact]
    public async Task With_nothing_declared_entities_are_asked_for_by_their_ids()
    {
        var id = Guid.NewGuid().ToString();
        await running.Http.WriteAsync(id, new { a = 1.0 }, cancellationToken: Cancel);
        await running.Http.WriteAsync(new EntityId(id, "x/y"), new { a = 2 }, cancellationToken: Cancel);
        foreach (var store in (FeatureStoreClient[])[running.Http, running.Dapr])
        {
            var table = await store.QueryAsync(
                new FeatureQuery { Features = ["a", "default:b"] }, [new { EntityId = id }, new { Keys = new[] { id, "x/y" } }, new { EntityId = 12 }], Cancel);
            Assert.Equal(["1.0", "2", "null"], table.Rows.Select(row => row["a"].GetRawText()));
            Assert.Null(table.RegistryVersion);
        }
    }

    /// <summary>Answers each entity's <c>i</c> as its only feature.</summary>
    private static Task EchoAsync(HttpContext context, string version)
    {
        context.Response.Headers["Feature-Service-Version"] = version;
        var body = JsonElement.Parse((string)context.Items["body"]!);
        var rows = body.GetProperty("entities").EnumerateArray()
            .Select(entity => $$"""{"entity":{{entity}},"values":[{{entity.GetProperty("i")}}],"statuses":["PRESENT"]}""");
        return StandInService.JsonAsync(context, 200, $$"""{"features":["i"],"rows":[{{string.Join(',', rows)}}]}""");
    }
}
