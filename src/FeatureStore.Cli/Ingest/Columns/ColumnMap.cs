using Apache.Arrow;
using FeatureStore.Model;

namespace FeatureStore.Cli.Ingest;

/// <summary>The columns of a file that are needed, and what each is to a row.</summary>
internal sealed class ColumnMap
{
    private ColumnMap(IReadOnlyList<string> keys, string? time, string? created, IReadOnlyList<string> features)
    {
        Keys = keys;
        Time = time;
        Created = created;
        Features = features;
        Needed = [.. new[] { time, created }.OfType<string>().Concat(keys).Concat(features)];
    }

    /// <summary>The columns of the id, in the id's order.</summary>
    public IReadOnlyList<string> Keys { get; }

    public string? Time { get; }

    public string? Created { get; }

    public IReadOnlyList<string> Features { get; }

    /// <summary>All of these.</summary>
    public IReadOnlyList<string> Needed { get; }

    /// <summary>Checks the columns of a file against the command line; every fault is told.</summary>
    public static ColumnMap Check(string file, Schema schema, RowMapping mapping)
    {
        var faults = new List<string>();
        var columns = new Dictionary<string, Field>(StringComparer.Ordinal);
        foreach (var field in schema.FieldsList)
        {
            if (!columns.TryAdd(field.Name, field))
            {
                faults.Add($"Column \"{field.Name}\" occurs more than once. Rename all but one.");
            }
        }

        foreach (var (option, column) in mapping.NamedColumns().Where(named => !columns.ContainsKey(named.Column)))
        {
            faults.Add($"{option}: there is no column \"{column}\". {ColumnHint.Of(column, columns.Keys)}");
        }

        foreach (var field in columns.Values)
        {
            if (Fault(field, mapping.RoleOf(field.Name)) is { } fault)
            {
                faults.Add(fault);
            }
        }

        return faults.Count > 0
            ? throw new UsageException(string.Join('\n', faults.Select(fault => $"{file}: {fault}")))
            : new ColumnMap(
                mapping.Id, mapping.Time, mapping.Created,
                [.. columns.Keys.Where(column => mapping.RoleOf(column) == ColumnRole.Feature)]);
    }

    private static string? Fault(Field field, ColumnRole role)
    {
        var type = ArrowTypes.Describe(field.DataType);
        return role switch
        {
            ColumnRole.Key when !ArrowTypes.IsKey(field.DataType) =>
                $"Column \"{field.Name}\" is {type}: an id is a string or a whole number. Cast it where the file is written.",
            ColumnRole.Time or ColumnRole.Created when !ArrowTypes.IsTime(field.DataType) =>
                $"Column \"{field.Name}\" is {type}: a time is a timestamp, a date, or text as {Timestamp.Expected}.",
            ColumnRole.Feature when !ArrowTypes.IsSupported(field.DataType) =>
                $"Column \"{field.Name}\" is {type}, which cannot be sent. Cast it where the file is written, or name the columns to take with --column.",
            _ => null,
        };
    }
}
