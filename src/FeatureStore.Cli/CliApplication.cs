using System.CommandLine;
using System.CommandLine.Parsing;
using FeatureStore.Cli.Access;
using FeatureStore.Cli.DeadLetters;
using FeatureStore.Cli.Delete;
using FeatureStore.Cli.Erase;
using FeatureStore.Cli.Feast;
using FeatureStore.Cli.Ingest;
using FeatureStore.Cli.Read;
using FeatureStore.Cli.Rebuild;
using FeatureStore.Cli.Registry;
using FeatureStore.Cli.Training;
using FeatureStore.Cli.Up;
using FeatureStore.Cli.Views;
using FeatureStore.Model;

namespace FeatureStore.Cli;

/// <summary>The <c>featurestore</c> command line.</summary>
public static class CliApplication
{
    /// <summary>Runs one command line to its end.</summary>
    /// <param name="args">The arguments, as the shell split them.</param>
    /// <param name="console">Where the command reads and writes.</param>
    /// <param name="stop">Cancelled when the user wants the command to end in good order.</param>
    /// <returns>0 when all was done, 1 when something failed, 2 when the command line cannot be used.</returns>
    public static async Task<int> RunAsync(string[] args, CliConsole console, CancellationToken stop)
    {
        var root = new RootCommand("A real-time feature store: run it, load rows into it, read them back.")
        {
            UpCommand.Create(console),
            IngestCommand.Create(console),
            GetCommand.Create(console),
            TrainingSetCommand.Create(console),
            DeleteCommand.Create(console),
            EraseCommand.Create(console),
            DeadLettersCommand.Create(console),
            ApplyCommand.Create(console),
            RegistryCommand.Create(console),
            ImportFeastCommand.Create(console),
            RebuildCommand.Create(console),
            ViewCommand.Create(console),
            ApiKeyCommand.Create(console),
        };

        // An entity id may begin with '@': it names no response file.
        var parsed = root.Parse(args.Length == 0 ? ["--help"] : args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        string[] faults = [.. UnknownOptions(parsed), .. parsed.Errors.Select(error => error.Message)];
        if (faults.Length > 0)
        {
            foreach (var fault in faults)
            {
                console.Error.WriteLine(TerminalText.Visible(fault));
            }

            console.Error.WriteLine($"See `featurestore {PathOf(parsed.CommandResult)}--help`.");
            return ExitCode.Usage;
        }

        try
        {
            // Signals are the process's business (StopSignals), so that a test can stop a command as a user does.
            return await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = console.Out,
                    Error = console.Error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                },
                stop);
        }
        catch (UsageException e)
        {
            console.Error.WriteLine(TerminalText.Visible(e.Message));
            return ExitCode.Usage;
        }
        catch (CommandFailedException e)
        {
            console.Error.WriteLine(TerminalText.Visible(e.Message));
            return ExitCode.Failure;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            console.Error.WriteLine("Stopped.");
            return ExitCode.Failure;
        }
        finally
        {
            await console.Out.FlushAsync(CancellationToken.None);
            await console.Error.FlushAsync(CancellationToken.None);
        }
    }

    /// <summary>The names by which a command is called, each with a blank after it.</summary>
    private static string PathOf(SymbolResult? result) => result is CommandResult { Command: not RootCommand } command
        ? $"{PathOf(command.Parent)}{command.Command.Name} "
        : "";

    /// <summary>A misspelt option would otherwise be taken for a file or an entity; after <c>--</c> it is one.</summary>
    private static IEnumerable<string> UnknownOptions(ParseResult parsed)
    {
        var options = parsed.CommandResult.Command.Options.Select(option => option.Name).ToList();
        return parsed.Tokens
            .TakeWhile(token => token.Type != TokenType.DoubleDash)
            .Where(token => token.Type == TokenType.Argument && token.Value.StartsWith("--", StringComparison.Ordinal))
            .Select(token => $"There is no option {token.Value}.{(ClosestName.Of(token.Value, options) is { } closest ? $" Did you mean {closest}?" : "")}");
    }
}
