using FeatureStore.DevSidecar.Tests.Harness;
using Grpc.Core;
using Microsoft.Data.Sqlite;
using static FeatureStore.DevSidecar.Tests.Harness.StateCalls;

namespace FeatureStore.DevSidecar.Tests;

/// <summary>What is particular to SQLite: the table, durability and sharing.</summary>
public sealed class SqliteStateTests(SharedRedis redis)
{
    [Fact]
    public async Task The_row_has_daprs_layout()
    {
        await using var sidecar = await StartAsync();
        await sidecar.SaveAsync(Item("g1", "{\"a\":1}", ttl: "100"));
        await sidecar.SendAsync("POST", "/v1.0/state/store", "[{\"key\":\"h1\",\"value\":{\"b\":2,\"a\":1.0}}]");

        using var connection = Open(sidecar);
        Assert.Equal(("eyJhIjoxfQ==", 1L, true), Row(connection, "g1"));
        Assert.Equal(("{\"a\":1,\"b\":2}", 0L, false), Row(connection, "h1"));
        using var pragma = connection.CreateCommand();
        pragma.CommandText = "PRAGMA journal_mode";
        Assert.Equal("wal", pragma.ExecuteScalar());
    }

    [Fact]
    public async Task Two_sidecars_share_a_file()
    {
        await using var first = await StartAsync();
        await using var second = await TestSidecar.StartAsync(
            new SidecarOptions { AppId = "app2", DataDirectory = first.Folder }, Stores.Component(Stores.Sqlite, redis));

        await Task.WhenAll(Enumerable.Range(0, 50).SelectMany(i =>
            new[] { first.SaveAsync(Item($"a{i}", "1")), second.SaveAsync(Item($"b{i}", "1")) }));

        var keys = Enumerable.Range(0, 50).SelectMany(i => new[] { $"a{i}", $"b{i}" }).ToArray();
        Assert.All(await first.GetManyAsync(keys), item => Assert.Equal("1", item.Data.ToStringUtf8()));
        Assert.All(await second.GetManyAsync(keys), item => Assert.Equal("1", item.Data.ToStringUtf8()));
    }

    [Fact]
    public async Task What_was_saved_is_there_after_a_restart()
    {
        var folder = Directory.CreateTempSubdirectory("devsidecar-data-").FullName;
        var options = new SidecarOptions { AppId = "app1", DataDirectory = folder };
        await using (var sidecar = await TestSidecar.StartAsync(options, Stores.Component(Stores.Sqlite, redis)))
        {
            await sidecar.SaveAsync(Item("k", "kept"));
        }

        await using var again = await TestSidecar.StartAsync(options, Stores.Component(Stores.Sqlite, redis));
        Assert.Equal("kept", (await again.GetAsync("k")).Data.ToStringUtf8());
    }

    [Theory]
    [InlineData("-5")]
    [InlineData("2147483648")]
    public async Task A_ttl_out_of_range_fails_the_save(string ttl)
    {
        await using var sidecar = await StartAsync();

        var error = await sidecar.SaveFailsAsync(Item(NewKey(), "1", ttl: ttl));

        Assert.Equal(StatusCode.Internal, error.StatusCode);
        Assert.EndsWith("incorrect value for metadata 'ttlInSeconds': must be -1 or greater", error.Status.Detail);
    }

    [Fact]
    public async Task An_etag_for_an_absent_key_is_a_mismatch()
    {
        await using var sidecar = await StartAsync();

        var error = await sidecar.SaveFailsAsync(Item(NewKey(), "1", "x"));

        Assert.Equal(StatusCode.Aborted, error.StatusCode);
        Assert.Equal("failed saving state in state store store: possible etag mismatch. error from state store", error.Status.Detail);
    }

    [Fact]
    public async Task A_full_disk_fails_the_save_with_its_reason_and_acknowledges_nothing()
    {
        var folder = Directory.CreateTempSubdirectory("devsidecar-data-");
        var file = Path.Combine(folder.FullName, "state.db");
        var value = $"\"{new string('x', 100_000)}\"";
        var acknowledged = new List<string>();
        (int Status, string Body) refusal = default;
        await using (var process = await SidecarExecutable.StartAsync(
            "app1", null, Yaml.Component("store", Stores.Sqlite, ("connectionString", file), ("keyPrefix", "none"))))
        {
            process.LimitFileSize($"{2_000_000}:unlimited");
            await Eventually.TrueAsync(async () => !await SaveAsync(process), "the disk is full");
            Assert.False(await SaveAsync(process));
            Assert.Equal(500, refusal.Status);
            Assert.Matches("SQLite Error (10|13): '(disk I/O error|database or disk is full)'", refusal.Body);

            process.LimitFileSize("unlimited:unlimited");
            Assert.True(await SaveAsync(process));
            await process.KillAsync();
        }

        Assert.Equal(acknowledged, Keys(file));
        folder.Delete(recursive: true);

        async Task<bool> SaveAsync(SidecarExecutable process)
        {
            // Beside a small one, which would have had room.
            var (key, small) = ($"{acknowledged.Count:000}", $"{acknowledged.Count:000}s");
            var reply = await process.PostAsync("/v1.0/state/store", $$"""[{"key":"{{small}}","value":1},{"key":"{{key}}","value":{{value}}}]""");
            if (reply.Status == 204)
            {
                acknowledged.AddRange([key, small]);
                return true;
            }

            refusal = reply;
            return false;
        }
    }

    private static List<string> Keys(string file)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT key FROM state ORDER BY key";
        using var row = command.ExecuteReader();
        var keys = new List<string>();
        while (row.Read())
        {
            keys.Add(row.GetString(0));
        }

        return keys;
    }

    private static SqliteConnection Open(TestSidecar sidecar)
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(sidecar.Folder, "state.db")};Pooling=False");
        connection.Open();
        return connection;
    }

    private static (string Value, long IsBinary, bool Expires) Row(SqliteConnection connection, string key)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT value, is_binary, expiration_time, etag, update_time FROM state WHERE key = $key";
        command.Parameters.AddWithValue("$key", key);
        using var row = command.ExecuteReader();
        Assert.True(row.Read());
        Assert.True(Guid.TryParse(row.GetString(3), out _));
        return (row.GetString(0), row.GetInt64(1), !row.IsDBNull(2));
    }

    private Task<TestSidecar> StartAsync() => TestSidecar.StartAsync(Stores.Component(Stores.Sqlite, redis));
}
