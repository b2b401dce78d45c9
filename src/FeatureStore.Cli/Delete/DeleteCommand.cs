using System.CommandLine;
using FeatureStore.Cli.Ingest;
using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.Delete;

/// <summary><c>featurestore delete</c>: deletes rows, or single features of them, of entities named or listed in files.</summary>
internal static class DeleteCommand
{
    private static readonly Argument<string[]> Entities = new("ENTITY") { Description = "Entity ids", Arity = ArgumentArity.ZeroOrMore };

    private static readonly Option<string[]> Keys = new("--key") { Description = "One part of a composite entity id; repeat it in order", HelpName = "KEY" };

    private static readonly Option<string[]> Files = new("--file")
    {
        Description = "File of entities to delete: .csv, .parquet, .arrow, .feather, .ndjson, .jsonl, .json, or .txt with an id a line; patterns in quotes, folders and - as for ingest; repeatable",
        HelpName = "FILE",
    };

    private static readonly Option<string?> View = new("--view") { Description = "The feature view to delete from [default: default; for --file it must be named]", HelpName = "V" };

    private static readonly Option<bool> AllViews = new("--all-views") { Description = "Delete from every view that the registry declares, or declared, of the entity" };

    private static readonly Option<string?> Entity = new("--entity") { Description = "With --all-views: the entity whose ids these are, where several are declared", HelpName = "E" };

    private static readonly Option<string[]> Features = new("--feature") { Description = "Delete only this feature; repeatable", HelpName = "F" };

    private static readonly Option<string[]> Id = new("--id")
    {
        Description = "With --file: column of the entity id; repeat it, in order, for a composite id [default: the join keys of the view]",
        HelpName = "COL",
    };

    private static readonly Option<string?> Time = new("--time")
    {
        Description = "With --file: column of the time up to which values are deleted; without it all that is stored",
        HelpName = "COL",
    };

    private static readonly Option<string?> Format = SendingOptions.Format("txt", "csv", "ndjson", "json", "parquet", "arrow");

    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask" };

    private static readonly Option<string?> Endpoint = SendingOptions.Endpoint();

    private static readonly Option<string> Patience = SendingOptions.Patience();

    public static Command Create(CliConsole console)
    {
        var command = new Command("delete", "Delete rows, or single features of them.")
        {
            Entities, Keys, Files, View, AllViews, Entity, Features, Id, Time, Format, Yes, Endpoint, Patience,
        };
        command.SetAction((parsed, stop) => RunAsync(parsed, console, stop));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CliConsole console, CancellationToken stop)
    {
        var fromFiles = CheckOptions(parsed);
        var service = SendingOptions.Service(parsed.GetValue(Endpoint), console);
        var patience = Durations.Parse(parsed.GetValue(Patience)!, "--patience");
        var views = parsed.GetValue(AllViews)
            ? await EntityViews.FetchAsync(parsed.GetValue(Entity), service, patience, console, stop)
            : null;
        if (!fromFiles)
        {
            var entities = EntityQuery.Entities(parsed.GetValue(Entities) ?? [], parsed.GetValue(Keys) ?? []);
            views?.CheckKeys(entities);
            IReadOnlyList<string?> names = views is null ? [parsed.GetValue(View)] : [.. views.Names];
            var deletion = new EntityDeletion(entities, names, parsed.GetValue(Features) ?? [], service, console);
            return await deletion.RunAsync(parsed.GetValue(Yes), stop);
        }

        var files = SendingOptions.Files(parsed.GetValue(Files)!, parsed.GetValue(Format), ids: true, console);
        try
        {
            var mapping = new RowMapping
            {
                View = parsed.GetValue(View),
                Id = parsed.GetValue(Id) ?? [],
                Time = parsed.GetValue(Time),
                Times = EventTimes.AsTheyAre(),
                Deletes = true,
                DeletedFeatures = parsed.GetValue(Features) ?? [],
            };
            SendingOptions.CheckRoles(mapping);
            var deletion = new FileDeletion(
                new IngestOptions { Files = files, Mapping = mapping, Service = service, Patience = patience }, views, console);
            return await deletion.RunAsync(parsed.GetValue(Yes), stop);
        }
        finally
        {
            await SendingOptions.DisposeAsync(files);
        }
    }

    /// <summary>Refuses options that mean nothing together.</summary>
    /// <returns>Whether the entities are in files.</returns>
    private static bool CheckOptions(ParseResult parsed)
    {
        var fromFiles = parsed.GetValue(Files) is { Length: > 0 };
        if (fromFiles && (parsed.GetValue(Entities) is { Length: > 0 } || parsed.GetValue(Keys) is { Length: > 0 }))
        {
            throw new UsageException("Give either --file or entities, not both.");
        }

        if (!fromFiles)
        {
            foreach (var (option, isGiven) in new[]
            {
                ("--id", parsed.GetValue(Id) is { Length: > 0 }), ("--time", parsed.GetValue(Time) is not null), ("--format", parsed.GetValue(Format) is not null),
            })
            {
                if (isGiven)
                {
                    throw new UsageException($"{option} is about the files that --file names.");
                }
            }
        }

        if (!parsed.GetValue(AllViews))
        {
            return parsed.GetValue(Entity) is null ? fromFiles : throw new UsageException("--entity goes with --all-views. To delete from one view, name it with --view.");
        }

        return parsed.GetValue(View) is not null ? throw new UsageException("Give either --view or --all-views, not both.")
            : parsed.GetValue(Features) is { Length: > 0 } ? throw new UsageException("--feature names features of one view: name it with --view, without --all-views.")
            : fromFiles;
    }
}
