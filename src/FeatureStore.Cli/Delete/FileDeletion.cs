using System.Globalization;
using FeatureStore.Cli.Ingest;

namespace FeatureStore.Cli.Delete;

/// <summary>Deletes the entities that files list: rows that delete, sent as <c>ingest</c> sends rows.</summary>
internal sealed class FileDeletion(IngestOptions options, EntityViews? views, CliConsole console)
{
    private bool _isComplete;

    /// <summary>Deletes from the view that is named, or from one view after another.</summary>
    public async Task<int> RunAsync(bool isConfirmed, CancellationToken stop)
    {
        if (views is null)
        {
            return await RunAsync(options.Mapping.View, isConfirmed, stop);
        }

        foreach (var file in options.Files)
        {
            await file.SpoolAsync(stop);
        }

        var exit = ExitCode.Success;
        foreach (var view in views.Names)
        {
            // One answer is for all views.
            console.Error.WriteLine($"View {view}");
            exit = Math.Max(exit, await RunAsync(view, isConfirmed || view != views.Names[0], stop));
            if (!_isComplete)
            {
                // What kept one view from being dealt with keeps the next from it too.
                break;
            }
        }

        return exit;
    }

    private async Task<int> RunAsync(string? view, bool isConfirmed, CancellationToken stop)
    {
        if (view is null && options.Files.FirstOrDefault(file => !file.Format.IsJson()) is { } table)
        {
            throw new UsageException($"{table.Name}: name the view to delete from with --view.");
        }

        if (!isConfirmed)
        {
            Confirmation.CheckPossible(Question(null), console);
        }

        var run = new IngestRun(
            options with
            {
                Mapping = options.Mapping with { View = view },
                Confirm = isConfirmed ? null : Confirm,
            },
            console);
        var exit = await run.RunAsync(stop);
        _isComplete = run.IsComplete;
        return exit;
    }

    private string Question(long? rows)
    {
        var mapping = options.Mapping;
        var what = mapping.DeletedFeatures.Count == 0 ? "the rows" : string.Join(", ", mapping.DeletedFeatures);
        var where = views is { Names.Count: > 1 } ? $"the views {string.Join(", ", views.Names)}"
            : (views?.Names[0] ?? mapping.View) is { } view ? $"view {view}"
            : "the views that they name";
        var count = rows is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known:N0} ") : "";
        var files = options.Files.Count == 1 ? options.Files[0].Name : $"{options.Files.Count} files";
        return TerminalText.VisibleLine($"Delete {what} of the {count}entities in {files} from {where}?");
    }

    private bool Confirm(long? rows)
    {
        if (Confirmation.Ask(Question(rows), console))
        {
            return true;
        }

        console.Error.WriteLine("Nothing was deleted.");
        return false;
    }
}
