using System.Diagnostics;
using System.Net.Sockets;
using FeatureStore.DevSidecar.Tests.Harness;

namespace FeatureStore.DevSidecar.Tests;

/// <summary>The executable: flags, exit codes, signals.</summary>
public sealed class ProcessTests
{
    [Fact]
    public async Task Sigterm_ends_it_with_zero()
    {
        var port = FreePort.Next();
        using var process = Start("--app-id", "app1", "--dapr-http-port", $"{port}", "--dapr-grpc-port", $"{FreePort.Next()}", "--max-body-size", "8Mi",
            "--app-health-probe-interval", "1", "--peer", "app2=http://127.0.0.1:1", "--log-level", "warn");
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                return (int)(await http.GetAsync("/v1.0/healthz")).StatusCode == 204;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, "it is ready");

        using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);

        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
    }

    [Theory]
    [InlineData("--resources-path", "/no/such/path", "/no/such/path")]
    [InlineData("--no-such-flag", "x", "--no-such-flag")]
    [InlineData("--max-body-size", "much", "much")]
    public async Task What_it_cannot_do_is_named_on_stderr(string flag, string value, string named)
    {
        using var process = Start("--app-id", "app1", "--dapr-http-port", "0", "--dapr-grpc-port", "0", flag, value);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, process.ExitCode);
        Assert.Contains(named, error);
    }

    [Fact]
    public async Task Unix_sockets_replace_the_ports()
    {
        var folder = Directory.CreateTempSubdirectory("devsidecar-").FullName;
        await using var sidecar = await Sidecar.StartAsync(
            new SidecarOptions { AppId = "app1", UnixDomainSocketDirectory = folder },
            Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance,
            null,
            TestContext.Current.CancellationToken);
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(folder, "dapr-app1-http.socket")), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var http = new HttpClient(handler) { BaseAddress = new Uri("http://localhost") };

        Assert.Equal(204, (int)(await http.GetAsync("/v1.0/healthz/outbound", TestContext.Current.CancellationToken)).StatusCode);
        Assert.True(File.Exists(Path.Combine(folder, "dapr-app1-grpc.socket")));
        Assert.Equal((0, 0), (sidecar.HttpPort, sidecar.GrpcPort));
    }

    private static Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo(
        "dotnet", [Path.Combine(AppContext.BaseDirectory, "FeatureStore.DevSidecar.dll"), .. arguments])
    {
        RedirectStandardError = true,
        RedirectStandardOutput = true,
    })!;
}
