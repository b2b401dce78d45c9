using System.CommandLine;

namespace FeatureStore.OfflineBenchmarks;

/// <summary>The command line: each step of <c>run.sh</c> that needs more than a shell, in a process of its own, so that its memory is its own.</summary>
internal sealed class OfflineCommand
{
    private readonly Option<string> _folder = new("--folder") { Required = true, Description = "Where the files lie" };
    private readonly Option<HistoryLayout> _layout = new("--layout") { Description = "How the rows lie in files" };
    private readonly Option<int> _views = new("--views") { Description = "How many views", DefaultValueFactory = _ => 1 };
    private readonly Option<long> _rows = new("--rows") { Required = true, Description = "How many rows" };
    private readonly Option<int> _days = new("--days") { Description = "Over how many days", DefaultValueFactory = _ => 30 };
    private readonly Option<int> _entities = new("--entities") { Description = "How many entities", DefaultValueFactory = _ => 50_000 };
    private readonly Option<string> _events = new("--events") { Required = true, Description = "The Parquet file of events" };
    private readonly Option<string> _output = new("--output") { Required = true, Description = "The Parquet file to write" };
    private readonly Option<string?> _memory = new("--memory") { Description = "The most memory of DuckDB" };
    private readonly Option<bool> _explain = new("--explain") { Description = "Print where the time went instead" };
    private readonly Option<bool> _ordered = new("--ordered") { Description = "In the order of the events" };
    private readonly Option<int> _features = new("--features") { Description = "Features of a row", DefaultValueFactory = _ => 50 };
    private readonly Option<int> _batches = new("--batches") { Description = "Deliveries of 50 events of 100 rows", DefaultValueFactory = _ => 20 };
    private readonly Option<int> _rounds = new("--rounds") { Description = "How often, in turn", DefaultValueFactory = _ => 3 };
    private readonly Argument<string> _left = new("left");
    private readonly Argument<string> _right = new("right");

    public RootCommand Create() => new("What training sets and history are compared with.")
    {
        Command("history", "Writes the history of views.", [_folder, _layout, _views, _rows, _days, _entities], result =>
        {
            Files(result).Write(result.GetValue(_rows), result.GetValue(_entities));
            return Task.CompletedTask;
        }),
        Command("events", "Writes events.", [_events, _rows, _days, _entities], result =>
        {
            JoinFiles.WriteEvents(result.GetValue(_events)!, result.GetValue(_rows), result.GetValue(_days), result.GetValue(_entities));
            return Task.CompletedTask;
        }),
        Command("cut", "Makes a training set; prints seconds, those of processor time, and VmHWM in KiB.", [_folder, _layout, _views, _days, _events, _output, _memory], result =>
            JoinCut.RunAsync(Files(result), result.GetValue(_events)!, result.GetValue(_output)!, result.GetValue(_memory))),
        Command("limit", "Does the same by a query written for these files; prints the same.", [_folder, _layout, _views, _days, _events, _output, _memory, _ordered, _explain], result =>
        {
            JoinLimit.Run(Files(result), result.GetValue(_events)!, result.GetValue(_output)!, result.GetValue(_memory), result.GetValue(_ordered), result.GetValue(_explain));
            return Task.CompletedTask;
        }),
        Command("same", "Fails if two sets differ in a row.", [_left, _right], result =>
        {
            JoinLimit.Compare(result.GetValue(_left)!, result.GetValue(_right)!);
            return Task.CompletedTask;
        }),
        Command("write", "Writes history of events and of rows; prints rows/s and rows by second of processor time of each.", [_folder, _batches, _features, _rounds], result =>
            HistoryWrite.RunAsync(result.GetValue(_folder)!, result.GetValue(_batches), result.GetValue(_features), result.GetValue(_rounds))),
    };

    private JoinFiles Files(ParseResult result) =>
        new(result.GetValue(_folder)!, result.GetValue(_layout), result.GetValue(_views), result.GetValue(_days));

    private static Command Command(string name, string description, Symbol[] symbols, Func<ParseResult, Task> run)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Option option)
            {
                command.Options.Add(option);
            }
            else
            {
                command.Arguments.Add((Argument)symbol);
            }
        }

        command.SetAction((result, _) => run(result));
        return command;
    }
}
