using System.Text;

namespace FeatureStore.Cli.Tests;

/// <summary>Runs a command line in this process, as a user runs it in a shell.</summary>
internal sealed record CommandLine(int Exit, string Out, string Error)
{
    public static async Task<CommandLine> RunAsync(
        string[] args, string input = "", DateTimeOffset? now = null, bool terminal = false, string? answer = null,
        IReadOnlyDictionary<string, string>? variables = null, Stream? inputStream = null, CancellationToken? stop = null,
        Func<string?>? ask = null)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var console = new CliConsole
        {
            Out = TextWriter.Synchronized(output),
            Error = TextWriter.Synchronized(error),
            OpenInput = () => inputStream ?? new MemoryStream(Encoding.UTF8.GetBytes(input)),
            ReadLine = ask ?? (() => answer),
            InputIsTerminal = terminal,
            OutputIsTerminal = terminal,
            ErrorIsTerminal = terminal,
            Variable = name => variables?.GetValueOrDefault(name),
            Time = now is { } at ? new FixedDate(at) : TimeProvider.System,
        };
        var exit = await CliApplication.RunAsync(args, console, stop ?? TestContext.Current.CancellationToken);
        return new CommandLine(exit, output.ToString(), error.ToString());
    }

    private sealed class FixedDate(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
