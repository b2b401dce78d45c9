using Dapr.Client.Autogen.Grpc.v1;
using FeatureStore.DevSidecar.Tests.Harness;
using Google.Protobuf;
using Grpc.Core;
using static FeatureStore.DevSidecar.Tests.Harness.StateCalls;

namespace FeatureStore.DevSidecar.Tests;

/// <summary>What every state store does alike, over gRPC.</summary>
public sealed class StateTests(SharedRedis redis)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Stores.All), MemberType = typeof(Stores))]
    public async Task Bytes_come_back_as_they_were_saved(string type)
    {
        await using var sidecar = await TestSidecar.StartAsync(Stores.Component(type, redis));
        var key = NewKey();
        byte[] value = [0, 1, 0xff, 0xfe, 10];
        await sidecar.SaveAsync(new StateItem { Key = key, Value = ByteString.CopyFrom(value) });

        var read = await sidecar.GetAsync(key);

        Assert.Equal(value, read.Data.ToByteArray());
        Assert.NotEmpty(read.Etag);
    }

    [Theory, MemberData(nameof(Stores.All), MemberType = typeof(Stores))]
    public async Task An_absent_key_is_empty(string type)
    {
        await using var sidecar = await TestSidecar.StartAsync(Stores.Component(type, redis));

        var read = await sidecar.GetAsync(NewKey());

        Assert.Equal("", read.Etag);
        Assert.True(read.Data.IsEmpty);
    }

    [Theory, MemberData(nameof(Stores.All), MemberType = typeof(Stores))]
    public async Task A_stale_etag_aborts_and_changes_nothing(string type)
    {
        await using var sidecar = await TestSidecar.StartAsync(Stores.Component(type, redis));
        var key = NewKey();
        await sidecar.SaveAsync(Item(key, "1"));
        var first = (await sidecar.GetAsync(key)).Etag;
        await sidecar.SaveAsync(Item(key, "2", first));

        var error = await sidecar.SaveFailsAsync(Item(key, "3", first));

        Assert.Equal(StatusCode.Aborted, error.StatusCode);
        Assert.StartsWith("failed saving state in state store store: possible etag mismatch. error from state store", error.Status.Detail);
        Assert.Equal("ERR_STATE_SAVE", error.Details().Reason);
        Assert.Equal("dapr.io", error.Details().Domain);
        Assert.Equal("2", (await sidecar.GetAsync(key)).Data.ToStringUtf8());
    }

    [Theory, MemberData(nameof(Stores.All), MemberType = typeof(Stores))]
    public async Task Only_one_of_many_first_writers_creates_a_key(string type)
    {
        await using var sidecar = await TestSidecar.StartAsync(Stores.Component(type, redis));
        var key = NewKey();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            try
            {
                await sidecar.SaveAsync(Item(key, i.ToString(), firstWrite: true));
                return 1;
            }
            catch (RpcException exception) when (exception.StatusCode is StatusCode.Aborted or StatusCode.Internal)
            {
                return 0;
            }
        }));

        Assert.Equal(1, outcomes.Sum());
    }

    [Theory, MemberData(nameof(Stores.All), MemberType = typeof(Stores))]
    public async Task No_increment_is_lost_under_compare_and_swap(string type)
    {
        await using var sidecar = await TestSidecar.StartAsync(Stores.Component(type, redis));
        var key = NewKey();
        await sidecar.SaveAsync(Item(key, "0", firstWrite: true));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            for (var done = 0; done < 10;)
            {
                var read = await sidecar.GetAsync(key);
                try
                {
                    await sidecar.SaveAsync(Item(key, (int.Parse(read.Data.ToStringUtf8()) + 1).ToString(), read.Etag, firstWrite: true));
                    done++;
                }
                catch (RpcException exception) when (exception.StatusCode is StatusCode.Aborted)
                {
                    // Somebody was faster.
                }
            }
        }));

        Assert.Equal("40", (await sidecar.GetAsync(key)).Data.ToStringUtf8());
    }

    [Theory, MemberData(nameof(Stores.All), MemberType = typeof(Stores))]
    public async Task A_bulk_save_is_not_atomic_and_names_no_item(string type)
    {
        await using var sidecar = await TestSidecar.StartAsync(Stores.Component(type, redis));
        var (a, b, c) = (NewKey(), NewKey(), NewKey());
        await sidecar.SaveAsync(Item(b, "0"));

        var error = await sidecar.SaveFailsAsync(Item(a, "1"), Item(b, "1", "999", firstWrite: true), Item(c, "1"));

        Assert.Equal(StatusCode.Aborted, error.StatusCode);
        Assert.StartsWith(
            "failed saving state in state store store: possible etag mismatch. error from state store: possible etag mismatch. error from state store",
            error.Status.Detail);
        var read = (await sidecar.GetManyAsync(a, b, c)).ToDictionary(i => i.Key, i => i.Data.ToStringUtf8());
        Assert.Equal(("1", "0", "1"), (read[a], read[b], read[c]));
    }

    [Theory, MemberData(nameof(Stores.All), MemberType = typeof(Stores))]
    public async Task A_ttl_expires_a_key_and_minus_one_keeps_it(string type)
    {
        await using var sidecar = await TestSidecar.StartAsync(Stores.Component(type, redis));
        var (gone, kept) = (NewKey(), NewKey());
        await sidecar.SaveAsync(Item(gone, "1", ttl: "1"), Item(kept, "1", ttl: "1"));
        await sidecar.SaveAsync(Item(kept, "2", ttl: "-1"));

        await Eventually.TrueAsync(async () => (await sidecar.GetAsync(gone)).Etag == "", "the key expires");

        Assert.Equal("2", (await sidecar.GetAsync(kept)).Data.ToStringUtf8());
        Assert.True((await sidecar.GetManyAsync(gone))[0].Data.IsEmpty);
    }

    [Theory, MemberData(nameof(Stores.NotRedis), MemberType = typeof(Stores))]
    public async Task A_save_without_ttl_clears_it_and_the_expiry_is_told(string type)
    {
        await using var sidecar = await TestSidecar.StartAsync(Stores.Component(type, redis));
        var key = NewKey();
        await sidecar.SaveAsync(Item(key, "1", ttl: "100"));
        Assert.Contains("ttlExpireTime", (await sidecar.GetAsync(key)).Metadata.Keys);
        Assert.Contains("ttlExpireTime", (await sidecar.GetManyAsync(key))[0].Metadata.Keys);

        await sidecar.SaveAsync(Item(key, "2"));

        Assert.Empty((await sidecar.GetAsync(key)).Metadata);
    }

    [Theory, MemberData(nameof(Stores.All), MemberType = typeof(Stores))]
    public async Task A_ttl_that_is_no_number_fails_the_save(string type)
    {
        await using var sidecar = await TestSidecar.StartAsync(Stores.Component(type, redis));

        var error = await sidecar.SaveFailsAsync(Item(NewKey(), "1", ttl: "abc"));

        Assert.Equal(StatusCode.Internal, error.StatusCode);
        Assert.EndsWith("parsing \"abc\": invalid syntax", error.Status.Detail);
    }

    [Theory, MemberData(nameof(Stores.All), MemberType = typeof(Stores))]
    public async Task A_delete_checks_the_etag(string type)
    {
        await using var sidecar = await TestSidecar.StartAsync(Stores.Component(type, redis));
        var key = NewKey();
        await sidecar.SaveAsync(Item(key, "1"));

        var error = await Assert.ThrowsAsync<RpcException>(async () => await sidecar.Grpc.DeleteStateAsync(
            new DeleteStateRequest { StoreName = "store", Key = key, Etag = new Etag { Value = "999" } }, cancellationToken: Cancellation));
        Assert.Equal(StatusCode.Aborted, error.StatusCode);
        Assert.Equal("ERR_STATE_DELETE", error.Details().Reason);

        var etag = (await sidecar.GetAsync(key)).Etag;
        await sidecar.Grpc.DeleteStateAsync(new DeleteStateRequest { StoreName = "store", Key = key, Etag = new Etag { Value = etag } }, cancellationToken: Cancellation);
        Assert.Equal("", (await sidecar.GetAsync(key)).Etag);
    }

    [Theory, MemberData(nameof(Stores.All), MemberType = typeof(Stores))]
    public async Task A_bulk_delete_is_not_atomic(string type)
    {
        await using var sidecar = await TestSidecar.StartAsync(Stores.Component(type, redis));
        var (a, b) = (NewKey(), NewKey());
        await sidecar.SaveAsync(Item(a, "1"), Item(b, "1"));

        var error = await Assert.ThrowsAsync<RpcException>(async () => await sidecar.Grpc.DeleteBulkStateAsync(new DeleteBulkStateRequest
        {
            StoreName = "store",
            States = { new StateItem { Key = a }, new StateItem { Key = b, Etag = new Etag { Value = "999" } } },
        }, cancellationToken: Cancellation));

        Assert.Equal(StatusCode.Aborted, error.StatusCode);
        Assert.Equal("ERR_STATE_BULK_DELETE", error.Details().Reason);
        Assert.Equal("", (await sidecar.GetAsync(a)).Etag);
        Assert.NotEqual("", (await sidecar.GetAsync(b)).Etag);
    }

    [Theory, MemberData(nameof(Stores.All), MemberType = typeof(Stores))]
    public async Task A_bulk_get_finds_present_and_absent_keys(string type)
    {
        await using var sidecar = await TestSidecar.StartAsync(Stores.Component(type, redis));
        var keys = Enumerable.Range(0, 100).Select(i => NewKey()).ToArray();
        await sidecar.SaveAsync([.. keys.Where((_, i) => i % 2 == 0).Select(k => Item(k, k))]);

        var read = (await sidecar.GetManyAsync(keys)).ToDictionary(i => i.Key);

        Assert.Equal(100, read.Count);
        Assert.All(keys.Index(), k => Assert.Equal(k.Index % 2 == 0 ? k.Item : "", read[k.Item].Data.ToStringUtf8()));
    }

    [Fact]
    public async Task A_bulk_get_keeps_the_order_of_each_store()
    {
        await using var memory = await TestSidecar.StartAsync(Stores.Component(Stores.InMemory, redis));
        await using var sqlite = await TestSidecar.StartAsync(Stores.Component(Stores.Sqlite, redis));
        foreach (var sidecar in (TestSidecar[])[memory, sqlite])
        {
            await sidecar.SaveAsync(Item("m1", "1"), Item("m2", "2"), Item("m3", "3"));
        }

        Assert.Equal(["m3", "nope", "m2", "m1", "m3"], (await memory.GetManyAsync("m3", "nope", "m2", "m1", "m3")).Select(i => i.Key));
        Assert.Equal(["m1", "m2", "m3", "nope"], (await sqlite.GetManyAsync("m3", "nope", "m2", "m1", "m3")).Select(i => i.Key));
    }

    [Fact]
    public async Task Unknown_stores_and_illegal_keys_are_named()
    {
        await using var sidecar = await TestSidecar.StartAsync(Stores.Component(Stores.InMemory, redis));
        var unknown = await Assert.ThrowsAsync<RpcException>(async () =>
            await sidecar.Grpc.GetStateAsync(new GetStateRequest { StoreName = "nostore", Key = "a" }, cancellationToken: Cancellation));
        Assert.Equal((StatusCode.InvalidArgument, "state store nostore is not found"), (unknown.StatusCode, unknown.Status.Detail));
        Assert.Equal("DAPR_STATE_NOT_FOUND", unknown.Details().Reason);

        var illegal = await sidecar.SaveFailsAsync(Item("a||b", "1"));
        Assert.Equal((StatusCode.InvalidArgument, "input key/keyPrefix 'a||b' can't contain '||'"), (illegal.StatusCode, illegal.Status.Detail));
        Assert.Equal(("DAPR_STATE_ILLEGAL_KEY", 3), (illegal.Details().Reason, illegal.Details().Count));

        var empty = await sidecar.SaveFailsAsync(Item("", "1"));
        Assert.Equal((StatusCode.InvalidArgument, "state key cannot be empty"), (empty.StatusCode, empty.Status.Detail));
    }

    [Fact]
    public async Task Without_any_store_the_call_says_so()
    {
        await using var sidecar = await TestSidecar.StartAsync();

        var error = await Assert.ThrowsAsync<RpcException>(() => sidecar.GetAsync("a"));

        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
    }

    [Fact]
    public async Task Messages_over_the_limit_are_refused_in_both_directions()
    {
        await using var sidecar = await TestSidecar.StartAsync(Stores.Component(Stores.InMemory, redis));
        var tooBig = await sidecar.SaveFailsAsync(Item("big", new string('x', 4 * 1024 * 1024)));
        Assert.Equal(StatusCode.ResourceExhausted, tooBig.StatusCode);

        await sidecar.SaveAsync(Item("a", new string('x', 3 * 1024 * 1024)));
        await sidecar.SaveAsync(Item("b", new string('x', 3 * 1024 * 1024)));
        var reply = await Assert.ThrowsAsync<RpcException>(() => sidecar.GetManyAsync("a", "b"));
        Assert.Equal(StatusCode.ResourceExhausted, reply.StatusCode);
    }
}
