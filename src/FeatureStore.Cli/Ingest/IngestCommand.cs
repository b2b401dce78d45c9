using System.CommandLine;
using System.Globalization;
using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.Ingest;

/// <summary><c>featurestore ingest FILE…</c>: loads rows from files.</summary>
internal static class IngestCommand
{
    private static readonly Argument<string[]> Files = new("FILE")
    {
        Description = "Files of rows: .csv, .ndjson, .jsonl or .json (an array); - for standard input",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string?> View = new("--view") { Description = "The feature view that the rows belong to", HelpName = "V" };

    private static readonly Option<string[]> Id = new("--id")
    {
        Description = "Column of the entity id; repeat it, in order, for a composite id. Without it, JSON objects are rows on the wire",
        HelpName = "COL",
    };

    private static readonly Option<string?> Time = new("--time") { Description = "Column of the event time (RFC 3339); without it rows are of the time they arrive", HelpName = "COL" };

    private static readonly Option<string?> Created = new("--created") { Description = "Column of the created time (RFC 3339)", HelpName = "COL" };

    private static readonly Option<string?> Ttl = new("--ttl") { Description = "Serve values for this long after their event time, such as 3h", HelpName = "LENGTH" };

    private static readonly Option<string?> Rebase = new("--rebase") { Description = "Move all times so that the newest of all files is now", HelpName = "now" };

    private static readonly Option<string[]> Text = new("--text") { Description = "CSV column to send as strings whatever it looks like; repeatable", HelpName = "COL" };

    private static readonly Option<string[]> Only = new("--column") { Description = "Take only this column as a feature; repeatable", HelpName = "COL" };

    private static readonly Option<string?> Format = new("--format") { Description = "The format, where names do not tell: csv, ndjson or json", HelpName = "FORMAT" };

    private static readonly Option<string?> Endpoint = new("--endpoint")
    {
        Description = "feature-ingest's address [default: $FEATURESTORE_INGEST or http://localhost:8081]",
        HelpName = "URL",
    };

    private static readonly Option<string> Patience = new("--patience")
    {
        Description = "How long to wait for feature-ingest when it is away",
        HelpName = "LENGTH",
        DefaultValueFactory = _ => "5m",
    };

    static IngestCommand() => Format.AcceptOnlyFromAmong("csv", "ndjson", "json");

    public static Command Create(CliConsole console)
    {
        var command = new Command("ingest", "Load rows from files.") { Files, View, Id, Time, Created, Ttl, Rebase, Text, Only, Format, Endpoint, Patience };
        command.SetAction(async (parsed, stop) =>
        {
            var options = Read(parsed, console);
            try
            {
                return await new IngestRun(options, console).RunAsync(stop);
            }
            finally
            {
                foreach (var file in options.Files)
                {
                    await file.DisposeAsync();
                }
            }
        });
        return command;
    }

    private static IngestOptions Read(ParseResult parsed, CliConsole console)
    {
        string[] paths = parsed.GetValue(Files)!;
        if (paths.Count(path => path == "-") > 1)
        {
            throw new UsageException("Standard input (-) can be read only once.");
        }

        if (parsed.GetValue(Rebase) is { } rebase and not "now")
        {
            throw new UsageException($"--rebase: \"{rebase}\" is not known. Write --rebase now.");
        }

        var mapping = new RowMapping
        {
            View = parsed.GetValue(View),
            Id = parsed.GetValue(Id) ?? [],
            Time = parsed.GetValue(Time),
            Created = parsed.GetValue(Created),
            TtlSeconds = parsed.GetValue(Ttl) is { } ttl ? Seconds(Durations.Parse(ttl, "--ttl")) : null,
            Text = parsed.GetValue(Text) ?? [],
            Only = parsed.GetValue(Only) ?? [],
            Times = parsed.GetValue(Rebase) is null ? EventTimes.AsTheyAre() : EventTimes.Rebased(),
        };
        CheckRoles(mapping);
        var service = ServiceEndpoint.Resolve(
            "feature-ingest", parsed.GetValue(Endpoint), "FEATURESTORE_INGEST", "http://localhost:8081", console);
        var patience = Durations.Parse(parsed.GetValue(Patience)!, "--patience");
        InputFile[] files = [.. paths.Select(path => InputFile.Of(path, parsed.GetValue(Format), console))];
        CheckFormats(files, mapping);
        return new IngestOptions { Files = files, Mapping = mapping, Service = service, Patience = patience };
    }

    private static string Seconds(TimeSpan ttl) => ttl > TimeSpan.Zero
        ? ttl.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)
        : throw new UsageException("--ttl: it must be longer than nothing.");

    private static void CheckRoles(RowMapping mapping)
    {
        var twice = mapping.NamedColumns().Where(named => named.Option is "--id" or "--time" or "--created")
            .GroupBy(named => named.Column).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
        {
            throw new UsageException($"Column \"{twice.Key}\" is given as {string.Join(" and ", twice.Select(named => named.Option))}: it can be only one of them.");
        }
    }

    private static void CheckFormats(InputFile[] files, RowMapping mapping)
    {
        var csv = Array.Find(files, file => file.Format == InputFormat.Csv);
        if (mapping.Id.Count == 0)
        {
            if (csv is not null)
            {
                throw new UsageException($"{csv.Name}: name the column of the entity id with --id.");
            }

            if (mapping.NamedColumns().FirstOrDefault() is { Option: { } option })
            {
                throw new UsageException($"{option} names a column of flat records, so --id must name the column of the entity id. Without --id, objects are rows on the wire.");
            }
        }

        if (csv is null && mapping.Text.Count > 0)
        {
            throw new UsageException("--text is for CSV files: JSON says itself what is a string.");
        }

        if (mapping.Times.Rebases && mapping.Time is null && mapping.Id.Count > 0)
        {
            throw new UsageException("--rebase moves event times: name their column with --time.");
        }
    }
}
