using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using Testcontainers.Redis;

namespace FeatureStore.Harness;

/// <summary>A Redis in a container.</summary>
internal sealed class ContainerRedis : RedisServer
{
    private static readonly string Image = Environment.GetEnvironmentVariable("FEATURESTORE_TEST_REDIS_IMAGE") ?? "redis:7.0";

    private readonly RedisContainer _container;

    public ContainerRedis() => _container = new RedisBuilder(Image).WithPortBinding(Port, 6379).Build();

    /// <summary>Whether a Docker engine answers.</summary>
    public static async Task<bool> IsPossibleAsync()
    {
        try
        {
            using var client = TestcontainersSettings.OS.DockerEndpointAuthConfig.GetDockerClientBuilder().Build();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            await client.System.PingAsync(limit.Token);
            return true;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever is wrong with Docker here, there is the local server to fall back on.
            return false;
        }
    }

    public override Task RunAsync() => _container.StartAsync();

    public override Task StopAsync() => _container.StopAsync();
}
