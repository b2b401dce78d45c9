using FeatureStore.Cli.Service;
using FeatureStore.Model;

namespace FeatureStore.Cli.Ingest;

/// <summary>What comes before the first row is sent: mistakes of the command line and of the files are found here.</summary>
internal sealed class IngestPreparation(IngestOptions options, CliConsole console)
{
    private const int CheckedRows = 1_000;

    /// <summary>Makes the mapping whole with what the registry says of the view.</summary>
    /// <exception cref="UsageException">The command line does not fit the files or the view.</exception>
    public async Task<RowMapping> ResolveAsync(CancellationToken stop)
    {
        var mapping = options.Mapping;

        // Rows on the wire name their views themselves.
        var registry = mapping.Id.Count > 0 || mapping.View is not null
            ? await RegistryFetch.GetAsync(options.Service, options.Patience, console, stop)
            : null;
        if (registry is not null)
        {
            var declared = DeclaredView.Of(registry, mapping.View ?? StateKey.DefaultView, mapping.Deletes);
            var keys = declared.Entity.Keys;
            mapping = mapping.Id.Count > 0
                ? mapping with { Declared = declared }
                : mapping with { Declared = declared, Id = [.. keys.Select(key => key.Name)], IdIsDeclared = true };
            ViewCheck.CheckOptions(mapping);
            if (keys.Count > 1 && options.Files.FirstOrDefault(file => file.Format == InputFormat.Ids) is { } ids)
            {
                throw new UsageException(
                    $"{ids.Name}: an id of {declared.Entity.Name} has {keys.Count} parts ({string.Join(", ", keys.Select(key => key.Name))}), and a file of ids has one a line. Name the parts in a CSV file.");
            }
        }

        CheckFormats(mapping);
        return mapping;
    }

    /// <summary>Looks into every file that can be read twice.</summary>
    /// <exception cref="UsageException">One does not fit.</exception>
    public async Task CheckAsync(IEnumerable<InputFile> files, RowMapping mapping, CancellationToken stop)
    {
        var faults = new List<string>();
        foreach (var file in files)
        {
            if (file.Format == InputFormat.Parquet)
            {
                await file.SpoolAsync(stop);
            }

            if (file.Reopens)
            {
                var check = mapping.Declared is null ? null : new ViewCheck(file.Name, mapping);
                await ReadAsync(file, mapping, CheckedRows, check, stop);
                faults.AddRange(check?.Describe() is { } fault ? [fault] : []);
            }
        }

        if (faults.Count > 0)
        {
            throw new UsageException(string.Join("\n\n", faults));
        }
    }

    /// <summary>Finds the newest time of all files and moves it to now.</summary>
    public async Task RebaseAsync(RowMapping mapping, CancellationToken stop)
    {
        foreach (var file in options.Files)
        {
            await file.SpoolAsync(stop);
            await ReadAsync(file, mapping, long.MaxValue, null, stop);
        }

        var moved = mapping.Times.MoveNewestTo(console.Time.GetUtcNow());
        var direction = moved < TimeSpan.Zero ? "back" : "forward";
        console.Error.WriteLine($"Times are moved {direction} by {moved.Duration().Days} days {moved:hh\\:mm\\:ss} so that the newest is now.");
    }

    /// <summary>Counts the rows; null where they can be read only once.</summary>
    public async Task<long?> CountAsync(RowMapping mapping, CancellationToken stop)
    {
        var rows = 0L;
        foreach (var file in options.Files)
        {
            if (!file.Reopens)
            {
                return null;
            }

            rows += await ReadAsync(file, mapping, long.MaxValue, null, stop);
        }

        return rows;
    }

    private static async Task<long> ReadAsync(InputFile file, RowMapping mapping, long rows, ViewCheck? check, CancellationToken stop)
    {
        await using var reader = await RowReaders.OpenAsync(file, mapping, stop);
        check?.Add(reader.Columns);
        var read = 0L;
        try
        {
            while (read < rows && await reader.ReadAsync(stop) is { } row)
            {
                read++;
                check?.Add(row);
            }
        }
        catch (FileContentException)
        {
            // It is told when the file is read to be sent, after the rows before it.
        }

        return read;
    }

    private void CheckFormats(RowMapping mapping)
    {
        var table = options.Files.FirstOrDefault(file => !file.Format.IsJson() && file.Format != InputFormat.Ids);
        if (mapping.Id.Count == 0)
        {
            if (table is not null)
            {
                throw new UsageException($"{table.Name}: name the column of the entity id with --id.");
            }

            if (mapping.NamedColumns().FirstOrDefault() is { Option: { } option })
            {
                throw new UsageException($"{option} names a column of flat records, so --id must name the column of the entity id. Without --id, objects are rows on the wire.");
            }
        }

        if (mapping.Text.Count > 0 && options.Files.All(file => file.Format != InputFormat.Csv))
        {
            throw new UsageException("--text is for CSV files: the other formats say themselves what is a string.");
        }

        if (mapping.Times.Rebases && mapping.Time is null && (table is not null || (mapping.Id.Count > 0 && !mapping.IdIsDeclared)))
        {
            throw new UsageException("--rebase moves event times: name their column with --time.");
        }
    }
}
