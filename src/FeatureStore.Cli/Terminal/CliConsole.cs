using Spectre.Console;

namespace FeatureStore.Cli;

/// <summary>What a command reads from and writes to: the process's own streams, or a test's.</summary>
public sealed class CliConsole
{
    /// <summary>Results.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Errors, notes and progress.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Opens standard input as bytes.</summary>
    public Func<Stream> OpenInput { get; init; } = () => Stream.Null;

    /// <summary>Reads the answer to a question; null at the end of the input.</summary>
    public Func<string?> ReadLine { get; init; } = () => null;

    /// <summary>Whether somebody can answer a question.</summary>
    public bool InputIsTerminal { get; init; }

    /// <summary>Whether results are shown to a person rather than piped on.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Whether progress is shown to a person.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Variable { get; init; } = _ => null;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The console of this process.</summary>
    public static CliConsole OfThisProcess() => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        OpenInput = Console.OpenStandardInput,
        ReadLine = Console.In.ReadLine,
        InputIsTerminal = !Console.IsInputRedirected,
        OutputIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        Variable = Environment.GetEnvironmentVariable,
    };

    /// <summary>Spectre's view of <see cref="Out"/>; what is piped on is never wrapped.</summary>
    internal IAnsiConsole Results() => Spectre(Out, OutputIsTerminal);

    /// <summary>Spectre's view of <see cref="Error"/>.</summary>
    internal IAnsiConsole Notes() => Spectre(Error, ErrorIsTerminal);

    private static IAnsiConsole Spectre(TextWriter writer, bool terminal)
    {
        const int unwrapped = 1_000_000;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
            // Whether standard input is piped does not matter: nothing is asked through Spectre.
            Interactive = terminal ? InteractionSupport.Yes : InteractionSupport.No,
        });
        if (!terminal)
        {
            console.Profile.Width = unwrapped;
        }

        return console;
    }
}
