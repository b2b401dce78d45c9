using FeatureStore.DevSidecar.Tests.Harness;
using Grpc.Core;
using static FeatureStore.DevSidecar.Tests.Harness.StateCalls;

namespace FeatureStore.DevSidecar.Tests;

/// <summary>What is particular to Redis: the hash, its script and its rules.</summary>
public sealed class RedisStateTests(SharedRedis redis)
{
    [Fact]
    public async Task The_hash_has_daprs_layout()
    {
        await using var sidecar = await StartAsync();
        await using var connection = await redis.Server.ConnectAsync();
        var key = NewKey();
        await sidecar.SaveAsync(Item(key, "{\"a\":1}"));
        Assert.Equal(["data={\"a\":1}", "version=1"], await HashAsync(connection, key));

        await sidecar.SaveAsync(Item(key, "2", "1", firstWrite: true));
        Assert.Equal(["data=2", "first-write=0", "version=2"], await HashAsync(connection, key));
        Assert.Equal("2", (await sidecar.GetAsync(key)).Etag);
    }

    [Theory]
    [InlineData("appid", "app1||")]
    [InlineData("name", "store||")]
    [InlineData("none", "")]
    [InlineData("Shared", "shared||")]
    [InlineData("pre-{appID}", "pre-app1||")]
    public async Task Keys_get_the_prefix(string keyPrefix, string prefix)
    {
        redis.Server.SkipIfMissing();
        await using var sidecar = await TestSidecar.StartAsync(
            Yaml.Component("store", Stores.Redis, ("redisHost", redis.Server.Host), ("keyPrefix", keyPrefix)));
        await using var connection = await redis.Server.ConnectAsync();
        var key = NewKey();

        await sidecar.SaveAsync(Item(key, "1"));

        Assert.True(await connection.GetDatabase().KeyExistsAsync(prefix + key));
        Assert.Equal(key, (await sidecar.GetManyAsync(key))[0].Key);
    }

    [Fact]
    public async Task Once_first_write_every_save_without_etag_fails()
    {
        await using var sidecar = await StartAsync();
        var key = NewKey();
        await sidecar.SaveAsync(Item(key, "1"));
        await sidecar.SaveAsync(Item(key, "2", firstWrite: true));

        var plain = await sidecar.SaveFailsAsync(Item(key, "3"));
        Assert.Equal(StatusCode.Internal, plain.StatusCode);
        Assert.Equal(
            $"failed saving state in state store store: failed to set key {key}: ERR user_script:14: failed to set key {key} "
            + "script: d908b9553add63a82e03589b5c6d01a7654ef0f2, on @user_script:14.",
            plain.Status.Detail);

        var stale = await sidecar.SaveFailsAsync(Item(key, "3", "1"));
        Assert.Equal(StatusCode.Aborted, stale.StatusCode);
        Assert.Equal(
            $"failed saving state in state store store: possible etag mismatch. error from state store: ERR user_script:14: failed to set key {key} "
            + "script: d908b9553add63a82e03589b5c6d01a7654ef0f2, on @user_script:14.",
            stale.Status.Detail);
    }

    [Fact]
    public async Task An_etag_must_be_a_number_and_any_fits_an_absent_key()
    {
        await using var sidecar = await StartAsync();

        var error = await sidecar.SaveFailsAsync(Item(NewKey(), "1", "abc"));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal(
            "failed saving state in state store store: invalid etag value: strconv.Atoi: parsing \"abc\": invalid syntax", error.Status.Detail);

        var key = NewKey();
        await sidecar.SaveAsync(Item(key, "1", "999", firstWrite: true));
        Assert.Equal("1", (await sidecar.GetAsync(key)).Etag);
    }

    [Fact]
    public async Task A_save_without_ttl_keeps_the_remaining_one()
    {
        await using var sidecar = await StartAsync();
        await using var connection = await redis.Server.ConnectAsync();
        var key = NewKey();
        await sidecar.SaveAsync(Item(key, "1", ttl: "100"));

        await sidecar.SaveAsync(Item(key, "2"));
        Assert.InRange((await connection.GetDatabase().KeyTimeToLiveAsync(key))!.Value.TotalSeconds, 1, 100);
        Assert.Empty((await sidecar.GetAsync(key)).Metadata);

        await sidecar.SaveAsync(Item(key, "3", ttl: "0"));
        Assert.Null(await connection.GetDatabase().KeyTimeToLiveAsync(key));
    }

    [Fact]
    public async Task The_components_ttl_applies_where_a_save_has_none()
    {
        redis.Server.SkipIfMissing();
        await using var sidecar = await TestSidecar.StartAsync(Stores.Component(Stores.Redis, redis, "store", ("ttlInSeconds", "30")));
        await using var connection = await redis.Server.ConnectAsync();
        var (byDefault, own) = (NewKey(), NewKey());

        await sidecar.SaveAsync(Item(byDefault, "1"), Item(own, "1", ttl: "-1"));

        Assert.InRange((await connection.GetDatabase().KeyTimeToLiveAsync(byDefault))!.Value.TotalSeconds, 1, 30);
        Assert.Null(await connection.GetDatabase().KeyTimeToLiveAsync(own));
    }

    [Fact]
    public async Task A_bulk_get_reports_a_foreign_hash_at_its_item()
    {
        await using var sidecar = await StartAsync();
        await using var connection = await redis.Server.ConnectAsync();
        var (good, foreign) = (NewKey(), NewKey());
        await sidecar.SaveAsync(Item(good, "1"));
        await connection.GetDatabase().HashSetAsync(foreign, "data", "x");

        var read = await sidecar.GetManyAsync(foreign, good);

        Assert.Equal("required hash field 'data' or 'version' was not found", read[0].Error);
        Assert.Equal("1", read[1].Data.ToStringUtf8());
    }

    private static async Task<string[]> HashAsync(StackExchange.Redis.ConnectionMultiplexer connection, string key) =>
        [.. (await connection.GetDatabase().HashGetAllAsync(key)).Select(e => $"{e.Name}={e.Value}").Order(StringComparer.Ordinal)];

    private Task<TestSidecar> StartAsync() => TestSidecar.StartAsync(Stores.Component(Stores.Redis, redis));
}
