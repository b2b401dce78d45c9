namespace FeatureStore.Harness;

/// <summary>A redis-server process on this machine.</summary>
internal sealed class LocalRedis : RedisServer
{
    private ChildProcess? _process;

    public override async Task RunAsync()
    {
        _process = ChildProcess.Start(
            "redis-server", ["--port", Port.ToString(System.Globalization.CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", ""]);
        await Wait.UntilAsync(
            () => Task.FromResult(_process.Output.Contains("Ready to accept connections", StringComparison.Ordinal)), "redis-server to start");
    }

    public override async Task StopAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
            _process = null;
        }
    }
}
