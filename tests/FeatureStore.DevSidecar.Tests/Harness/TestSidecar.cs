using System.Text;
using System.Text.Json;
using Dapr.Client.Autogen.Grpc.v1;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace FeatureStore.DevSidecar.Tests.Harness;

/// <summary>A sidecar in this process, with clients for both of its APIs.</summary>
internal sealed class TestSidecar : IAsyncDisposable
{
    private readonly GrpcChannel _channel;

    private TestSidecar(Sidecar sidecar, string folder)
    {
        Sidecar = sidecar;
        Folder = folder;
        _channel = GrpcChannel.ForAddress(
            $"http://127.0.0.1:{sidecar.GrpcPort}", new GrpcChannelOptions { MaxReceiveMessageSize = null, MaxSendMessageSize = null });
        Grpc = new Dapr.Client.Autogen.Grpc.v1.Dapr.DaprClient(_channel);
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{sidecar.HttpPort}"),
            Timeout = Eventually.Bound,
        };
    }

    public Sidecar Sidecar { get; }

    /// <summary>Holds the resources, and the data of relative paths.</summary>
    public string Folder { get; }

    public Dapr.Client.Autogen.Grpc.v1.Dapr.DaprClient Grpc { get; }

    public HttpClient Http { get; }

    public static Task<TestSidecar> StartAsync(params string[] resources) => StartAsync(new SidecarOptions { AppId = "app1" }, resources);

    public static Task<TestSidecar> StartAsync(SidecarOptions options, params string[] resources) => StartAsync(options, TimeProvider.System, resources);

    public static async Task<TestSidecar> StartAsync(SidecarOptions options, TimeProvider time, params string[] resources)
    {
        var folder = Directory.CreateTempSubdirectory("devsidecar-").FullName;
        for (var i = 0; i < resources.Length; i++)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, $"{i:00}.yaml"), resources[i]);
        }

        var sidecar = await Sidecar.StartAsync(
            options with { HttpPort = 0, GrpcPort = 0, ResourcesPaths = [folder], DataDirectory = options.DataDirectory ?? folder },
            NullLoggerFactory.Instance,
            time,
            TestContext.Current.CancellationToken);
        return new TestSidecar(sidecar, folder);
    }

    /// <summary>Waits until all that an app asks for is subscribed: a broker in memory keeps nothing for who comes late.</summary>
    public Task<TestSidecar> WithSubscriptionsAsync(TestApp app) =>
        WithSubscriptionsAsync(JsonDocument.Parse(app.Subscriptions).RootElement.GetArrayLength());

    /// <summary>Waits until the app's subscriptions are known.</summary>
    public async Task<TestSidecar> WithSubscriptionsAsync(int count)
    {
        await Eventually.TrueAsync(
            async () => (await Grpc.GetMetadataAsync(new GetMetadataRequest())).Subscriptions.Count >= count, $"{count} subscriptions");
        return this;
    }

    public async Task<(int Status, string Body, HttpResponseMessage Response)> SendAsync(
        string method, string target, string? body = null, string? contentType = "application/json", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(
            new HttpMethod(method),
            new Uri(Http.BaseAddress!.GetLeftPart(UriPartial.Authority) + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            if (contentType is not null)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
            }
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), response);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _channel.Dispose();
        await Sidecar.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
