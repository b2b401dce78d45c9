using System.Diagnostics;
using StackExchange.Redis;

namespace FeatureStore.Harness;

/// <summary>A real Redis of a test's own: in a container where there is a Docker engine, else a local redis-server.</summary>
public abstract class RedisServer : IAsyncDisposable
{
    /// <summary>The port on loopback. It stays the same over a restart.</summary>
    public int Port { get; } = FreePort.Next();

    public string Endpoint => $"127.0.0.1:{Port}";

    /// <summary>Starts a Redis.</summary>
    /// <returns>Null on a machine that has neither a Docker engine nor a redis-server.</returns>
    public static async Task<RedisServer?> StartAsync()
    {
        RedisServer? server = await ContainerRedis.IsPossibleAsync() ? new ContainerRedis()
            : IsInstalled() ? new LocalRedis()
            : null;
        if (server is not null)
        {
            await server.RunAsync();
        }

        return server;
    }

    public const string Missing = "There is no Redis for this test: neither a Docker engine nor a redis-server.";

    public abstract Task RunAsync();

    /// <summary>Stops the server; its data is gone.</summary>
    public abstract Task StopAsync();

    public async Task<ConnectionMultiplexer> ConnectAsync() => await ConnectionMultiplexer.ConnectAsync($"{Endpoint},allowAdmin=true");

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        GC.SuppressFinalize(this);
    }

    private static bool IsInstalled()
    {
        try
        {
            using var version = Process.Start(new ProcessStartInfo("redis-server", ["--version"]) { RedirectStandardOutput = true });
            version?.WaitForExit();
            return version?.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
