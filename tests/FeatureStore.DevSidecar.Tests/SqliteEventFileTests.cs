using FeatureStore.DevSidecar.Tests.Harness;
using Grpc.Core;
using Microsoft.Data.Sqlite;

namespace FeatureStore.DevSidecar.Tests;

/// <summary>The file of <c>pubsub.sqlite</c>: what stays in it, and when it cannot be used.</summary>
public sealed class SqliteEventFileTests : IDisposable
{
    private readonly EventsFolder _events = new();
    private readonly string _topic = Brokers.NewTopic();

    public void Dispose() => _events.Dispose();

    [Fact]
    public async Task Events_and_groups_that_nobody_comes_for_are_deleted()
    {
        await using (var gone = await EventApps.SingleAsync(_topic, _ => Task.FromResult(new Reply(500))))
        {
            await using var sidecar = await _events.StartAsync("app2", gone);
        }

        Assert.Equal(1, _events.Count("group"));
        await using var publisher = await _events.StartAsync("app1", null, ("retention", "100ms"));
        await publisher.PublishBulkAsync(_topic, "1", "2", "3");
        await publisher.PublishBulkAsync(_topic + "x", "1", "2", "3");

        await _events.EmptyAsync();
        Assert.Equal(0, _events.Count("group"));
    }

    [Fact]
    public async Task A_group_of_one_process_is_forgotten_when_it_ends()
    {
        await using var app = await EventApps.SingleAsync(_topic);
        await using var publisher = await _events.StartAsync("app1");
        await using (var replica = await _events.StartAsync("app2", app, ("consumerID", "{uuid}")))
        {
            await publisher.PublishAsync(_topic, "1");
            await Eventually.TrueAsync(() => app.At("/s").Count == 1, "the delivery");
            Assert.Equal(1, _events.Count("group", "name <> 'app2'"));
            Assert.Single(_events.Marks);
        }

        Assert.Equal(0, _events.Count("group"));
        Assert.Equal(0, _events.Count("member"));
    }

    [Theory]
    [InlineData(":memory:")]
    [InlineData("file:?mode=memory")]
    public async Task Without_a_file_it_does_not_start(string connectionString)
    {
        var component = Yaml.Component("ps", "pubsub.sqlite", ("connectionString", connectionString));

        var error = await Assert.ThrowsAsync<SidecarConfigurationException>(() => TestSidecar.StartAsync(component));

        Assert.Contains("pubsub.in-memory", error.Message);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused()
    {
        await File.WriteAllTextAsync(_events.File, "this is no database, and long enough to be taken for one" + new string('x', 200), TestContext.Current.CancellationToken);

        var error = await Assert.ThrowsAsync<SidecarConfigurationException>(() => TestSidecar.StartAsync(_events.Component()));

        Assert.Contains("component ps (pubsub.sqlite)", error.Message);
    }

    [Fact]
    public async Task A_file_of_another_version_is_refused()
    {
        await (await _events.StartAsync("app1")).DisposeAsync();
        Execute("UPDATE pubsub_version SET version = 2");

        var error = await Assert.ThrowsAsync<SidecarConfigurationException>(() => TestSidecar.StartAsync(_events.Component()));

        Assert.Contains("another version", error.Message);
    }

    [Fact]
    public async Task A_file_that_takes_nothing_is_an_error_to_the_publisher()
    {
        await using var sidecar = await _events.StartAsync("app1");
        await sidecar.PublishAsync(_topic, "1");
        Execute("ALTER TABLE pubsub_event RENAME TO away");

        var error = await Assert.ThrowsAsync<RpcException>(() => sidecar.PublishAsync(_topic, "2"));
        Assert.Equal(StatusCode.Internal, error.StatusCode);
        Assert.Contains("sqlite: error from publish", error.Status.Detail);

        Execute("ALTER TABLE away RENAME TO pubsub_event");
        await sidecar.PublishAsync(_topic, "3");
        Assert.Equal(2, _events.Count("event"));
    }

    [Fact]
    public async Task While_another_process_writes_a_publisher_waits()
    {
        await using var app = await EventApps.SingleAsync(_topic);
        await using var sidecar = await _events.StartAsync("app1", app);
        using var writer = _events.Open();
        Execute(writer, "BEGIN IMMEDIATE");

        var publishing = sidecar.PublishAsync(_topic, "1");
        await Eventually.StillAsync(() => !publishing.IsCompleted, "it waits");
        Execute(writer, "COMMIT");

        await publishing;
        await Eventually.TrueAsync(() => app.At("/s").Count == 1, "the delivery");
    }

    private void Execute(string sql)
    {
        using var connection = _events.Open();
        Execute(connection, sql);
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
