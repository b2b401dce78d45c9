using System.ComponentModel;
using System.Diagnostics;
using StackExchange.Redis;

namespace FeatureStore.DevSidecar.Tests.Harness;

/// <summary>A redis-server process of the tests' own, without persistence, that can go away and come back.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private Process? _process;

    public int Port { get; } = FreePort.Next();

    public string Host => $"127.0.0.1:{Port}";

    /// <summary>Why there is none, on a machine without redis-server.</summary>
    public string? Missing { get; private set; }

    public static async Task<RedisServer> StartedAsync()
    {
        var server = new RedisServer();
        await server.StartAsync();
        server.SkipIfMissing();
        return server;
    }

    public async Task StartAsync()
    {
        try
        {
            _process = Process.Start(new ProcessStartInfo("redis-server", ["--port", Port.ToString(), "--save", "", "--bind", "127.0.0.1"])
            {
                RedirectStandardOutput = true,
                WorkingDirectory = Path.GetTempPath(),
            })!;
            _process.OutputDataReceived += (_, _) => { };
            _process.BeginOutputReadLine();
        }
        catch (Win32Exception exception)
        {
            Missing = $"redis-server is not installed: {exception.Message}";
            return;
        }

        await Eventually.TrueAsync(async () =>
        {
            using var socket = new System.Net.Sockets.TcpClient();
            try
            {
                await socket.ConnectAsync("127.0.0.1", Port);
                return true;
            }
            catch (System.Net.Sockets.SocketException)
            {
                return false;
            }
        }, "redis-server listens");
    }

    public async Task StopAsync()
    {
        if (_process is { HasExited: false } process)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    public void SkipIfMissing()
    {
        if (Missing is not null)
        {
            Assert.Skip(Missing);
        }
    }

    public async Task<ConnectionMultiplexer> ConnectAsync()
    {
        SkipIfMissing();
        return await ConnectionMultiplexer.ConnectAsync(Host);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process?.Dispose();
    }
}
