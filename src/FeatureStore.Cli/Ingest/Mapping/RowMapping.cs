using FeatureStore.Model;

namespace FeatureStore.Cli.Ingest;

/// <summary>How records become rows, as the command line says.</summary>
internal sealed record RowMapping
{
    /// <summary>The view of rows that name none; null for the service's default.</summary>
    public string? View { get; init; }

    /// <summary>The ttl, in seconds as JSON, of rows that have none.</summary>
    public string? TtlSeconds { get; init; }

    /// <summary>The columns of the entity id, in order; empty when the records are rows on the wire already.</summary>
    public required IReadOnlyList<string> Id { get; init; }

    /// <summary>The column of the event time.</summary>
    public string? Time { get; init; }

    /// <summary>The event time of all rows, in RFC 3339; null where they have their own, or none.</summary>
    public string? At { get; init; }

    /// <summary>The column of the created time.</summary>
    public string? Created { get; init; }

    /// <summary>Columns that are sent as strings whatever they look like.</summary>
    public IReadOnlyList<string> Text { get; init; } = [];

    /// <summary>The only columns to take as features; empty for all.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    public required EventTimes Times { get; init; }

    /// <summary>The stamps of rows that have none of their own; null where the service stamps them.</summary>
    public RunStamps? Stamps { get; init; }

    /// <summary>Whether the rows delete: they hold ids and times, and no values.</summary>
    public bool Deletes { get; init; }

    /// <summary>The features to delete; empty for whole rows.</summary>
    public IReadOnlyList<string> DeletedFeatures { get; init; } = [];

    /// <summary>What the registry says of the view; null where it says nothing.</summary>
    public DeclaredView? Declared { get; init; }

    /// <summary>Whether the columns of the id are the entity's join keys because the command line names none.</summary>
    public bool IdIsDeclared { get; init; }

    /// <summary>The role of a column.</summary>
    public ColumnRole RoleOf(string column) =>
        IndexOf(Id, column) >= 0 ? ColumnRole.Key
        : column == Time ? ColumnRole.Time
        : column == Created ? ColumnRole.Created
        : !Deletes && (Only.Count == 0 || IndexOf(Only, column) >= 0) ? ColumnRole.Feature
        : ColumnRole.Unused;

    /// <summary>The declared type of a column that is a feature.</summary>
    public FeatureType? TypeOf(string column) =>
        RoleOf(column) == ColumnRole.Feature ? Declared?.View.Find(column)?.Type : null;

    /// <summary>Which part of the id a column is, or −1.</summary>
    public int KeyIndexOf(string column) => IndexOf(Id, column);

    /// <summary>Every column that must be there, with the option that names it.</summary>
    public IEnumerable<(string Option, string Column)> NamedColumns() =>
        Id.Select(column => (IdIsDeclared ? $"--id is not given, and {Declared!.Entity.Name} has join key {column}" : "--id", column))
            .Concat(Time is { } time ? [("--time", time)] : [])
            .Concat(Created is { } created ? [("--created", created)] : [])
            .Concat(Text.Select(column => ("--text", column)))
            .Concat(Only.Select(column => ("--column", column)));

    private static int IndexOf(IReadOnlyList<string> names, string name)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i] == name)
            {
                return i;
            }
        }

        return -1;
    }
}

/// <summary>What a column is to a row.</summary>
internal enum ColumnRole
{
    Feature,
    Key,
    Time,
    Created,
    Unused,
}
