using System.Text;
using System.Text.Json.Nodes;
using FeatureStore.Harness;

namespace FeatureStore.Client.Tests.Edge;

/// <summary>The edge of a real store, by HTTP and through a sidecar.</summary>
[Collection(DeclaredStore.Collection)]
public sealed class EdgeStoreTests(DeclaredStore declared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Changes_of_a_push_view_come_in_and_heartbeats_between_them(bool throughDapr)
    {
        await DeclareAsync();
        var store = throughDapr ? declared.Dapr : declared.Http;
        var id = $"edge-{throughDapr}";
        var write = new WriteOptions { View = "sensor_now" };
        await store.WriteAsync(id, new { level = 1 }, write, Cancel);
        await using var edge = store.OpenEdge(new EdgeOptions { Read = new ReadOptions { Views = ["sensor_now"] } });
        var first = await edge.GetAsync(id, Cancel);
        Assert.Equal((1, true, "sensor_now"), (first.Features["level"].GetInt32(), first.IsConnected, first.Features.Metadata["level"].View));
        Assert.Empty((await edge.GetAsync("nobody", Cancel)).Features.Values);

        await store.WriteAsync(id, new { level = 2 }, write, Cancel);
        await UntilAsync(edge, id, known => known.Features["level"].GetInt32() == 2, "the change");
        var before = TimeSpan.Zero;
        await UntilAsync(
            edge,
            id,
            known =>
            {
                var wasHeard = known.Staleness < before;
                before = known.Staleness;
                return wasHeard;
            },
            "a heartbeat");

        await store.WriteAsync(id, new { level = 3 }, write with { Ttl = TimeSpan.FromSeconds(1) }, Cancel);
        await UntilAsync(edge, id, known => known.Features.Values.Count == 0, "the value to expire");
        Assert.Equal(FeatureStatus.OutsideMaxAge, (await edge.GetAsync(id, Cancel)).Features.Metadata["level"].Status);
    }

    [Fact]
    public async Task What_is_not_declared_is_said_to_be_so()
    {
        await using var edge = declared.Http.OpenEdge(new EdgeOptions { Read = new ReadOptions { Views = ["airport_wether"] } });
        var e = await Assert.ThrowsAsync<FeatureStoreNotFoundException>(() => edge.GetAsync("EWR", Cancel).AsTask());
        Assert.Contains("airport_weather", e.Message, StringComparison.Ordinal);
    }

    /// <summary>Declares the push view beside what is declared already.</summary>
    private async Task DeclareAsync()
    {
        var registry = JsonNode.Parse(await declared.Stack.Ingest.GetStringAsync("/registry", Cancel))!.AsObject();
        foreach (var said in registry.Select(member => member.Key).Except(["entities", "views", "services"]).ToList())
        {
            registry.Remove(said);
        }

        registry["entities"]!["sensor"] = JsonNode.Parse("""{"keys":{"sensor_id":"string"}}""");
        registry["views"]!["sensor_now"] = JsonNode.Parse("""{"entity":"sensor","serving":"push","features":{"level":"int32"}}""");
        using var body = new StringContent(registry.ToJsonString(), Encoding.UTF8, "application/json");
        using var applied = await declared.Stack.Ingest.PutAsync("/registry", body, Cancel);
        Assert.True(applied.IsSuccessStatusCode, await applied.Content.ReadAsStringAsync(Cancel));
        foreach (var service in (HttpClient[])[declared.Stack.Api, declared.Stack.Ingest])
        {
            await Wait.UntilAsync(() => FeatureStack.IsOkAsync(service, "/registry/views/sensor_now"), "the registry to be heard of");
        }
    }

    private static Task UntilAsync(EdgeCache edge, string id, Func<EdgeFeatures, bool> condition, string what) =>
        Wait.UntilAsync(async () => condition(await edge.GetAsync(id, Cancel)), what);
}
