using System.CommandLine;
using FeatureStore.Cli.Service;
using FeatureStore.Model;

namespace FeatureStore.Cli.Training;

/// <summary><c>featurestore training-set</c>: gives events the features that the online store would have answered at their time.</summary>
internal static class TrainingSetCommand
{
    private static readonly Option<string> Events = new("--events") { Description = "File of the events: .csv with a header, or .parquet", HelpName = "FILE", Required = true };

    private static readonly Option<string> Out = new("--out") { Description = "File to write: .parquet or .csv; one that is there is replaced", HelpName = "FILE", Required = true };

    private static readonly Option<string> Time = new("--time") { Description = "Column of the events' time (a timestamp, or RFC 3339)", HelpName = "COL", Required = true };

    private static readonly Option<string?> FeatureService = new("--service") { Description = "Take the features of this feature service", HelpName = "S" };

    private static readonly Option<string[]> Features = new("--features")
    {
        Description = "Take these features, as view:feature; repeatable, or with commas between",
        HelpName = "VIEW:FEATURE",
    };

    private static readonly Option<string[]> Id = new("--id")
    {
        Description = "A join key, and its column where that is named otherwise, such as origin=from_airport; repeatable [default: the columns named like the keys]",
        HelpName = "KEY[=COL]",
    };

    private static readonly Option<bool> AsOfCreated = new("--as-of-created") { Description = "Rows count from when they were produced, where that is later than their event time" };

    private static readonly Option<bool> AsOfAccepted = new("--as-of-accepted") { Description = "Rows count from when this store had taken them in: what serving really knew" };

    private static readonly Option<string[]> Lag = new("--lag") { Description = "Rows of a view count so much later than their event time, such as airport_weather=15m; repeatable", HelpName = "VIEW=LENGTH" };

    private static readonly Option<string?> Endpoint = HistoryEndpoint.Option();

    private static readonly Option<string> Patience = new("--patience")
    {
        Description = "How long to wait for feature-history when it is away while it makes the set",
        HelpName = "LENGTH",
        DefaultValueFactory = _ => "1m",
    };

    public static Command Create(CliConsole console)
    {
        var command = new Command("training-set", "Make a training set: events, each with the features that the online store would have answered at its time.")
        {
            Events, Id, Time, FeatureService, Features, AsOfCreated, AsOfAccepted, Lag, Out, Endpoint, Patience,
        };
        command.SetAction((parsed, stop) => new TrainingSetRun(Read(parsed, console), console).RunAsync(stop));
        return command;
    }

    /// <exception cref="UsageException">Options cannot be used; all that is wrong is told.</exception>
    private static TrainingSetOptions Read(ParseResult parsed, CliConsole console)
    {
        var faults = new List<string>();
        var (events, target) = (parsed.GetValue(Events)!, parsed.GetValue(Out)!);
        var eventsFormat = FormatOf(events, "--events", faults);
        var format = FormatOf(target, "--out", faults);
        CheckFiles(events, target, faults);
        string[] features = [.. (parsed.GetValue(Features) ?? []).SelectMany(text => text.Split(',')).Select(name => name.Trim())];
        faults.AddRange(features.Where(name => !FeatureReference.TryParse(name, out _)).Select(name => $"--features: \"{name}\" is no feature by its view. Write it as airport_weather:temp."));
        var service = parsed.GetValue(FeatureService);
        if (service is null && features.Length == 0)
        {
            faults.Add("Name the features: those of a feature service with --service, or single ones with --features.");
        }

        var (created, accepted) = (parsed.GetValue(AsOfCreated), parsed.GetValue(AsOfAccepted));
        if (created && accepted)
        {
            faults.Add("Give either --as-of-created or --as-of-accepted, not both.");
        }

        var query = new List<(string Name, string Value)> { ("time", parsed.GetValue(Time)!), ("format", format) };
        query.AddRange(service is null ? [] : [("service", service)]);
        query.AddRange(features.Select(name => ("feature", name)));
        query.AddRange((parsed.GetValue(Id) ?? []).Select(id => ("id", CheckedId(id, faults))));
        query.AddRange((parsed.GetValue(Lag) ?? []).Select(lag => ("lag", CheckedLag(lag, faults))));
        query.AddRange(created ? [("as_of", "created")] : accepted ? [("as_of", "accepted")] : []);
        return faults.Count > 0 ? throw new UsageException(string.Join('\n', faults)) : new TrainingSetOptions
        {
            EventsPath = events,
            EventsType = eventsFormat == "csv" ? "text/csv" : "application/vnd.apache.parquet",
            OutputPath = target,
            Query = string.Join('&', query.Select(pair => $"{pair.Name}={Uri.EscapeDataString(pair.Value)}")),
            Service = HistoryEndpoint.Resolve(parsed, Endpoint, console),
            Patience = Durations.Parse(parsed.GetValue(Patience)!, "--patience"),
        };
    }

    private static string FormatOf(string path, string option, List<string> faults)
    {
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".csv":
                return "csv";
            case ".parquet":
                return "parquet";
            default:
                faults.Add($"{option}: the name of {path} does not tell its format. It ends in .csv or .parquet.");
                return "";
        }
    }

    private static void CheckFiles(string events, string target, List<string> faults)
    {
        if (!File.Exists(events))
        {
            faults.Add($"--events: there is no file {events}.");
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(target))!;
        if (!Directory.Exists(folder))
        {
            faults.Add($"--out: there is no folder {folder}.");
        }
        else if (Directory.Exists(target))
        {
            faults.Add($"--out: {target} is a folder.");
        }
        else if (Path.GetFullPath(events) == Path.GetFullPath(target))
        {
            faults.Add("--out would replace the file of --events. Name another.");
        }
    }

    private static string CheckedId(string id, List<string> faults)
    {
        var parts = id.Split('=', 2);
        if (parts.Any(part => part.Length == 0))
        {
            faults.Add($"--id: \"{id}\" names no key and column. Write it as origin, or origin=from_airport.");
        }

        return id;
    }

    private static string CheckedLag(string lag, List<string> faults)
    {
        var parts = lag.Split('=', 2);
        if (parts.Length < 2 || parts[0].Length == 0 || !Duration.TryParse(parts[1], out _))
        {
            faults.Add($"--lag: \"{lag}\" is no view and length of time. Write it as airport_weather=15m: {Duration.Expected}.");
        }

        return lag;
    }
}
