using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FeatureStore.DevSidecar.CommandLine;

/// <summary>Runs a sidecar as the process: until a signal, or until its API is asked to shut down.</summary>
internal static class SidecarProcess
{
    private const int Failure = 1;

    public static async Task<int> RunAsync(SidecarOptions options, string logLevel, CancellationToken cancellationToken)
    {
        using var loggers = LoggerFactory.Create(logging => logging
            .SetMinimumLevel(Level(logLevel))
            .AddFilter("Microsoft", LogLevel.Warning)
            // A caller that gives up in the middle is no failure of the sidecar's, and no reason for a stack trace.
            .AddFilter("Grpc", LogLevel.Critical)
            .AddSimpleConsole(console => console.SingleLine = true));
        var signalled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        try
        {
            await using var sidecar = await Sidecar.StartAsync(options, loggers, null, cancellationToken);
            await Task.WhenAny(signalled.Task, sidecar.ShutdownRequested);
            await sidecar.StopAsync(CancellationToken.None);
            return sidecar.AbandonedDeliveries > 0 ? Failure : 0;
        }
        catch (SidecarConfigurationException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message.ReplaceLineEndings(" "));
            return Failure;
        }

        void Stop(PosixSignalContext context)
        {
            // Otherwise the runtime ends the process at once.
            context.Cancel = true;
            signalled.TrySetResult();
        }
    }

    private static LogLevel Level(string name) => name.ToLowerInvariant() switch
    {
        "debug" => LogLevel.Debug,
        "warn" or "warning" => LogLevel.Warning,
        "error" => LogLevel.Error,
        "fatal" => LogLevel.Critical,
        _ => LogLevel.Information,
    };
}
