using Microsoft.Data.Sqlite;

namespace FeatureStore.DevSidecar.Tests.Harness;

/// <summary>A folder with a file of events, which outlives the sidecars that use it.</summary>
internal sealed class EventsFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("devsidecar-events-");

    public string Path => _folder.FullName;

    public string File => System.IO.Path.Combine(Path, "events.db");

    /// <summary>The files beside the events by which processes tell that they live.</summary>
    public IReadOnlyList<string> Marks => Directory.GetFiles(Path, "*.alive");

    public string Component(params (string, string)[] more) => Yaml.Component("ps", "pubsub.sqlite", [("connectionString", File), .. more]);

    public async Task<TestSidecar> StartAsync(string appId, TestApp? app = null, params (string, string)[] more) =>
        await StartAsync(new SidecarOptions { AppId = appId, AppPort = app?.Port }, [Component(more)]);

    public async Task<TestSidecar> StartAsync(SidecarOptions options, params string[] resources)
    {
        var sidecar = await TestSidecar.StartAsync(options with { DataDirectory = Path }, resources);
        return options.AppPort is null ? sidecar : await sidecar.WithSubscriptionsAsync(1);
    }

    public long Count(string table, string where = "1")
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT COUNT(*) FROM pubsub_{table} WHERE {where}";
        return (long)command.ExecuteScalar()!;
    }

    public SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        return connection;
    }

    public Task EmptyAsync() => Eventually.TrueAsync(() => Count("event") == 0 && Count("claim") == 0, "no event is left");

    public void Dispose() => _folder.Delete(recursive: true);
}
