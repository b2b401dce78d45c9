using System.CommandLine;
using FeatureStore.Cli.Service;
using FeatureStore.Model;

namespace FeatureStore.Cli.Ingest;

/// <summary><c>featurestore ingest FILE…</c>: loads rows from files.</summary>
internal static class IngestCommand
{
    private static readonly Argument<string[]> Files = new("FILE")
    {
        Description = "Files of rows: .parquet, .arrow, .feather, .csv, .ndjson, .jsonl or .json (an array); patterns in quotes such as 'data/**/*.parquet'; folders of Parquet; - for standard input",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string?> View = new("--view") { Description = "The feature view that the rows belong to", HelpName = "V" };

    private static readonly Option<string[]> Id = new("--id")
    {
        Description = "Column of the entity id; repeat it, in order, for a composite id. Without it the columns named like the join keys of a declared view, else JSON objects are rows on the wire",
        HelpName = "COL",
    };

    private static readonly Option<string?> Time = new("--time") { Description = "Column of the event time (a timestamp, or RFC 3339); without it rows are of the time they arrive", HelpName = "COL" };

    private static readonly Option<string?> Created = new("--created") { Description = "Column of the created time", HelpName = "COL" };

    private static readonly Option<string?> Ttl = new("--ttl") { Description = "Serve values for this long after their event time, such as 3h", HelpName = "LENGTH" };

    private static readonly Option<string?> Rebase = new("--rebase") { Description = "Move all times so that the newest of all files is now", HelpName = "now" };

    private static readonly Option<string?> At = new("--at")
    {
        Description = "The event time of all rows (RFC 3339), for data that has no times, such as 2013-01-01T00:00:00Z",
        HelpName = "TIME",
    };

    private static readonly Option<string[]> To = new("--to")
    {
        Description = "Where rows go: online,history (both, as without it), online, or history alone, for training sets",
        HelpName = "WHERE",
    };

    private static readonly Option<string[]> Text = new("--text") { Description = "CSV column to send as strings whatever it looks like; repeatable", HelpName = "COL" };

    private static readonly Option<string[]> Only = new("--column") { Description = "Take only this column as a feature; repeatable", HelpName = "COL" };

    private static readonly Option<string?> Format = SendingOptions.Format("csv", "ndjson", "json", "parquet", "arrow");

    private static readonly Option<string?> Checkpoint = new("--checkpoint")
    {
        Description = "Keep in this file how far the load came; after an interruption the same command goes on from there. Rows without times are of the time at which the load began",
        HelpName = "FILE",
    };

    private static readonly Option<string?> Endpoint = SendingOptions.Endpoint();

    private static readonly Option<string> Patience = SendingOptions.Patience();

    public static Command Create(CliConsole console)
    {
        var command = new Command("ingest", "Load rows from files. What the registry declares of the view is checked before the first row is sent.")
        {
            Files, View, Id, Time, At, Created, Ttl, Rebase, To, Text, Only, Format, Checkpoint, Endpoint, Patience,
        };
        command.SetAction(async (parsed, stop) =>
        {
            var options = Read(parsed, console);
            try
            {
                return await new IngestRun(options, console).RunAsync(stop);
            }
            finally
            {
                await SendingOptions.DisposeAsync(options.Files);
            }
        });
        return command;
    }

    private static IngestOptions Read(ParseResult parsed, CliConsole console)
    {
        if (parsed.GetValue(Rebase) is { } rebase and not "now")
        {
            throw new UsageException($"--rebase: \"{rebase}\" is not known. Write --rebase now.");
        }

        var mapping = new RowMapping
        {
            View = parsed.GetValue(View),
            Id = parsed.GetValue(Id) ?? [],
            Time = parsed.GetValue(Time),
            At = ReadAt(parsed),
            Created = parsed.GetValue(Created),
            TtlSeconds = parsed.GetValue(Ttl) is { } ttl ? Seconds(Durations.Parse(ttl, "--ttl")) : null,
            Text = parsed.GetValue(Text) ?? [],
            Only = parsed.GetValue(Only) ?? [],
            Times = parsed.GetValue(Rebase) is null ? EventTimes.AsTheyAre() : EventTimes.Rebased(),
        };
        SendingOptions.CheckRoles(mapping);
        var to = ReadDestination(parsed.GetValue(To) ?? []);
        var service = SendingOptions.Service(parsed.GetValue(Endpoint), console);
        var patience = Durations.Parse(parsed.GetValue(Patience)!, "--patience");
        var files = SendingOptions.Files(parsed.GetValue(Files)!, parsed.GetValue(Format), ids: false, console);
        var checkpoint = parsed.GetValue(Checkpoint);
        if (checkpoint is not null && files.FirstOrDefault(file => !file.Reopens) is { } once)
        {
            throw new UsageException($"--checkpoint: {once.Name} can be read only once, so nothing can go on in it. Write it to a file first.");
        }

        return new IngestOptions { Files = files, Mapping = mapping, Service = service, Patience = patience, Checkpoint = checkpoint, To = to };
    }

    private static string? ReadAt(ParseResult parsed)
    {
        if (parsed.GetValue(At) is not { } text)
        {
            return null;
        }

        if ((parsed.GetValue(Time) is not null ? "--time" : parsed.GetValue(Rebase) is not null ? "--rebase" : null) is { } other)
        {
            throw new UsageException($"Give either --at or {other}, not both: --at is the event time of all rows.");
        }

        return Timestamp.TryParse(text, out var time)
            ? time.ToString()
            : throw new UsageException($"--at: \"{text}\" is not {Timestamp.Expected}.");
    }

    /// <summary>The destination as feature-ingest takes it; null for its default, which is both.</summary>
    private static string? ReadDestination(string[] given)
    {
        string[] names = [.. given.SelectMany(text => text.Split(','))];
        return names.FirstOrDefault(name => name is not ("online" or "history")) is { } unknown
            ? throw new UsageException($"--to: \"{unknown}\" is not known. Rows go to online, to history, or to online,history.")
            : names.Distinct().Count() == 1 ? names[0] : null;
    }

    private static string Seconds(TimeSpan ttl) => ttl > TimeSpan.Zero
        ? ttl.TotalSeconds.ToString("0.###", System.Globalization.CultureInfo.InvariantCulture)
        : throw new UsageException("--ttl: it must be longer than nothing.");
}
