using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.Facts;

/// <summary>What docker-compose.yml has to say so that the store recovers from whatever ends.</summary>
public sealed class ComposeTests
{
    private static readonly ResourceFile Compose = ComponentFiles.ReadFile(Repository.PathOf("docker-compose.yml")).Single();

    [Theory]
    [InlineData("feature-api")]
    [InlineData("feature-ingest")]
    public void A_service_that_is_started_again_has_the_sidecar_that_it_had(string app)
    {
        var sidecar = $"{app}-dapr";
        // In the network of a container that ends, a sidecar would be out of everybody's reach from then on.
        Assert.Null(Compose.At("services", sidecar, "network_mode"));
        Assert.Null(Compose.At("services", app, "network_mode"));
        var command = Compose.List("services", sidecar, "command");
        Assert.Contains($"--app-id={app}", command);
        Assert.Contains($"--app-channel-address={app}", command);
        Assert.Contains("--dapr-listen-addresses=0.0.0.0", command);

        // Each finds the other by name, at the ports that it has.
        Assert.Equal($"http://{sidecar}:{Flag(command, "dapr-http-port")}", Compose.Text("services", app, "environment", "DAPR_HTTP_ENDPOINT"));
        Assert.Equal($"http://{sidecar}:{Flag(command, "dapr-grpc-port")}", Compose.Text("services", app, "environment", "DAPR_GRPC_ENDPOINT"));
        Assert.Equal($"http://+:{Flag(command, "app-port")}", Compose.Text("services", app, "environment", "urls"));
        Assert.Equal([$"127.0.0.1:{Flag(command, "app-port")}:{Flag(command, "app-port")}"], Compose.List("services", app, "ports"));
        Assert.Equal([$"127.0.0.1:{Flag(command, "dapr-http-port")}:{Flag(command, "dapr-http-port")}"], Compose.List("services", sidecar, "ports"));
        foreach (var container in (string[])[app, sidecar, "redis"])
        {
            Assert.Equal("unless-stopped", Compose.Text("services", container, "restart"));
        }

        Assert.Equal("service_healthy", Compose.Text("services", sidecar, "depends_on", "redis", "condition"));
        Assert.Equal("service_healthy", Compose.Text("services", sidecar, "depends_on", app, "condition"));
    }

    private static string Flag(string[] command, string name) => command.Single(argument => argument.StartsWith($"--{name}=", StringComparison.Ordinal))[(name.Length + 3)..];
}
