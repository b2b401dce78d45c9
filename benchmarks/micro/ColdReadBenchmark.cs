using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using BenchmarkDotNet.Attributes;
using FeatureStore.Dapr;
using FeatureStore.FeatureApi;
using FeatureStore.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;

namespace FeatureStore.MicroBenchmarks;

/// <summary>
/// What feature-api allocates for a read that goes to the store: the service is in this process, its sidecar in another, and the
/// client is a bare socket, so that what is counted is the service's alone.
/// </summary>
[MemoryDiagnoser]
public class ColdReadBenchmark
{
    private const int Features = 50;
    private const int Entities = 100;

    private readonly byte[] _buffer = new byte[1024 * 1024];
    private DirectoryInfo _folder = null!;
    private Process _sidecar = null!;
    private WebApplication _service = null!;
    private Socket _socket = null!;
    private byte[] _get = null!;
    private byte[] _metadata = null!;
    private byte[] _query = null!;

    [GlobalSetup]
    public async Task StartAsync()
    {
        var (api, http, grpc) = (FreePort(), FreePort(), FreePort());
        _folder = Directory.CreateTempSubdirectory("featurestore-micro-");
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "statestore.yaml"), """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              name: statestore
            spec:
              type: state.in-memory
              version: v1
            """);
        _sidecar = Process.Start(new ProcessStartInfo(
            "dotnet",
            [SidecarDll(), "--app-id", "feature-api", "--dapr-http-port", Text(http), "--dapr-grpc-port", Text(grpc), "--resources-path", _folder.FullName, "--log-level", "error"]))!;
        var options = new SidecarOptions
        {
            GrpcEndpoint = new Uri($"http://127.0.0.1:{grpc}"),
            HttpEndpoint = new Uri($"http://127.0.0.1:{http}"),
            ReadTimeout = TimeSpan.FromSeconds(10),
            SaveTimeout = TimeSpan.FromSeconds(10),
        };
        using var connection = new SidecarConnection(options);
        await FillAsync(new StateStore(connection, TimeProvider.System, NullLogger<StateStore>.Instance), options);

        _service = FeatureApiService.Build(
        [
            "--urls", $"http://127.0.0.1:{api}", "--DAPR_GRPC_ENDPOINT", options.GrpcEndpoint.ToString(), "--DAPR_HTTP_ENDPOINT", options.HttpEndpoint.ToString(),
            "--Logging:LogLevel:Default", "Error",
        ]);
        await _service.StartAsync();
        _socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await _socket.ConnectAsync(IPAddress.Loopback, api);

        _get = Request("GET", "/features/1?view=v", "");
        _metadata = Request("GET", "/features/1?view=v&metadata=true", "");
        var names = string.Join(',', Enumerable.Range(0, Features).Select(i => $"\"v:{Name(i)}\""));
        var entities = string.Join(',', Enumerable.Range(0, Entities).Select(i => $"{{\"id\":\"{i}\"}}"));
        _query = Request("POST", "/features/query", $"{{\"features\":[{names}],\"entities\":[{entities}]}}");
    }

    [GlobalCleanup]
    public async Task StopAsync()
    {
        _socket.Dispose();
        await _service.DisposeAsync();
        _sidecar.Kill();
        await _sidecar.WaitForExitAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>One entity, copied as it lies in the store.</summary>
    [Benchmark(Baseline = true)]
    public int Get() => Send(_get);

    /// <summary>One entity, taken apart.</summary>
    [Benchmark]
    public int GetWithMetadata() => Send(_metadata);

    /// <summary>A hundred entities.</summary>
    [Benchmark]
    public int Query() => Send(_query);

    private static async Task FillAsync(StateStore store, SidecarOptions options)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await store.CheckAsync(CancellationToken.None);
                break;
            }
            catch (StateStoreException) when (attempt < 200)
            {
                await Task.Delay(50);
            }
        }

        var registry = new Registry(
            [new Entity("e", [new JoinKey("id", ScalarType.String)], Description.None)],
            [new FeatureView { Name = "v", Entity = "e", Features = [.. Enumerable.Range(0, Features).Select(i => new Feature(Name(i), new FeatureType(ScalarType.Float64), null, Description.None))] }],
            []);
        await new RegistryStore(store, options, TimeProvider.System).ApplyAsync(registry, null, [], isDryRun: false, CancellationToken.None);
        var now = Timestamp.From(TimeProvider.System.GetUtcNow());
        var random = new Random(1);
        var saves = Enumerable.Range(0, Entities).Select(entity =>
        {
            var features = string.Join(',', Enumerable.Range(0, Features).Select(i => string.Create(CultureInfo.InvariantCulture, $"\"{Name(i)}\":{random.NextDouble() * 1000:F4}")));
            var row = RowReader.Read(Encoding.UTF8.GetBytes($"{{\"view\":\"v\",\"entity_id\":\"{entity}\",\"features\":{{{features}}}}}"), new RowContext(now) { Registry = registry }, [])!;
            return new StateSave(row.StateKey, StoredRowCodec.Encode(StoredRow.Of(row, new Stamp(now, now), now, new Lateness()), now, Timestamp.Never), null, null);
        }).ToList();
        if (await store.SaveAsync(saves, options.SaveTimeout, CancellationToken.None) != SaveResult.Saved)
        {
            throw new InvalidOperationException("The rows could not be saved.");
        }
    }

    /// <summary>Sends a request and reads the reply, whose length its header tells.</summary>
    private int Send(byte[] request)
    {
        _socket.Send(request);
        var read = 0;
        while (true)
        {
            read += _socket.Receive(_buffer.AsSpan(read));
            var text = _buffer.AsSpan(0, read);
            var end = text.IndexOf("\r\n\r\n"u8);
            if (end < 0)
            {
                continue;
            }

            var header = text.IndexOf("Content-Length: "u8) + "Content-Length: ".Length;
            System.Buffers.Text.Utf8Parser.TryParse(text[header..], out int length, out _);
            if (!text.StartsWith("HTTP/1.1 200"u8))
            {
                throw new InvalidOperationException(Encoding.UTF8.GetString(text));
            }

            if (read == end + 4 + length)
            {
                return length;
            }
        }
    }

    private static byte[] Request(string method, string target, string body) => Encoding.UTF8.GetBytes(
        $"{method} {target} HTTP/1.1\r\nHost: localhost\r\n{(body.Length > 0 ? $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n" : "")}\r\n{body}");

    private static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"feature_{i:D2}");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Beside the repository's own build, as the benchmark's process runs somewhere below it.</summary>
    private static string SidecarDll()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var built = Path.Combine(folder.FullName, "src/FeatureStore.DevSidecar/bin/Release/net10.0/FeatureStore.DevSidecar.dll");
            if (File.Exists(built))
            {
                return built;
            }
        }

        throw new InvalidOperationException("Build src/FeatureStore.DevSidecar in Release first.");
    }
}
