using System.Globalization;
using FeatureStore.DaprConformance.Recordings;
using FeatureStore.Harness;

namespace FeatureStore.DaprConformance.Sidecars;

/// <summary>A sidecar as a process of its own: DevSidecar, or the program that SIDECAR names and that takes daprd's flags.</summary>
public sealed class SidecarProcess : ISidecar
{
    /// <summary>The first argument with which this program is DevSidecar.</summary>
    public const string AsSidecar = "sidecar";

    private const int Starts = 3;

    private readonly string _folder;

    private SidecarProcess(ChildProcess process, string folder, int httpPort, int grpcPort)
    {
        Process = process;
        _folder = folder;
        Http = new Uri($"http://127.0.0.1:{Text(httpPort)}");
        Grpc = new Uri($"http://127.0.0.1:{Text(grpcPort)}");
    }

    /// <summary>Whether it is DevSidecar, which has a flag of its own where daprd asks a name resolver.</summary>
    public static bool IsDevSidecar => Other is null;

    private static string? Other => Environment.GetEnvironmentVariable("SIDECAR") is { Length: > 0 } program ? program : null;

    public Uri Http { get; }

    public Uri Grpc { get; }

    /// <summary>Steps that have to do with tokens bring their own.</summary>
    public string? ApiToken => null;

    public ChildProcess Process { get; }

    /// <summary>Starts it and waits until it answers. One whose Redis did not answer it in time ends, and is started again, as by Docker Compose.</summary>
    public static async Task<SidecarProcess> StartAsync(SidecarSettings settings)
    {
        for (var left = Starts - 1; ; left--)
        {
            var sidecar = await TryStartAsync(settings);
            if (!sidecar.Process.HasExited)
            {
                return sidecar;
            }

            var output = sidecar.Process.Output;
            await sidecar.DisposeAsync();
            if (left == 0)
            {
                throw new InvalidOperationException($"The sidecar ended: {output}");
            }
        }
    }

    /// <summary>Starts it and waits until it answers, or has ended.</summary>
    public static async Task<SidecarProcess> TryStartAsync(SidecarSettings settings)
    {
        var folder = Directory.CreateTempSubdirectory("conformance").FullName;
        Write(settings, folder);
        var sidecar = Start(settings, folder);
        await Wait.UntilAsync(async () => sidecar.Process.HasExited || await sidecar.AnswersAsync(), "a sidecar to answer");
        return sidecar;
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static SidecarProcess Start(SidecarSettings settings, string folder)
    {
        var (http, grpc) = (FreePort.Next(), FreePort.Next());
        List<string> arguments =
        [
            "--app-id", settings.AppId, "--dapr-http-port", Text(http), "--dapr-grpc-port", Text(grpc), "--resources-path", folder,
            "--log-level", "warn", .. settings.Flags,
        ];
        if (settings.AppPort is { } port)
        {
            arguments.AddRange(["--app-port", Text(port)]);
        }

        if (!IsDevSidecar)
        {
            // Several run at a time, and its default is one port.
            arguments.AddRange(["--metrics-port", Text(FreePort.Next())]);
        }

        var (program, first) = Program();
        return new SidecarProcess(ChildProcess.Start(program, [.. first, .. arguments], settings.Environment), folder, http, grpc);
    }

    private static (string Program, string[] First) Program()
    {
        if (Other is { } other)
        {
            return (other, []);
        }

        var self = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(self) == "dotnet"
            ? (self, ["exec", typeof(SidecarProcess).Assembly.Location, AsSidecar])
            : (self, [AsSidecar]);
    }

    private static void Write(SidecarSettings settings, string folder)
    {
        var files = settings.Setups.SelectMany(s => Directory.GetFiles(Fixture.PathOf($"setups/{s}")))
            .Select(f => (Name: Path.GetFileName(f), Text: File.ReadAllText(f)))
            .Concat(settings.Files.Select(f => (f.Key, f.Value)));
        foreach (var (name, text) in files)
        {
            var filled = settings.Values.Append(new("{folder}", folder)).Aggregate(text, (t, v) => t.Replace(v.Key, v.Value, StringComparison.Ordinal));
            File.WriteAllText(Path.Combine(folder, name), filled);
        }
    }

    private async Task<bool> AnswersAsync()
    {
        using var client = new HttpClient();
        try
        {
            using var reply = await client.GetAsync(new Uri(Http, "/v1.0/healthz/outbound"));
            return reply.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
