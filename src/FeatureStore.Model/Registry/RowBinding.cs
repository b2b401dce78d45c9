namespace FeatureStore.Model;

/// <summary>What the registry makes of a row: its keys and values in the form in which they are stored, and how long they live.</summary>
/// <param name="Keys">The entity's keys, integers in their plain form.</param>
/// <param name="TtlMicroseconds">The lesser of the row's ttl and the view's; null for ever.</param>
/// <param name="Lateness">How long the view keeps the stamps of expired values; null where it declares nothing of its own.</param>
public readonly record struct RowBinding(IReadOnlyList<string> Keys, long? TtlMicroseconds, TimeSpan? Lateness)
{
    /// <summary>Holds a row to what is declared of its view. With nothing declared everything fits.</summary>
    /// <param name="context">What is declared, and what was.</param>
    /// <param name="view">The row's view.</param>
    /// <param name="keys">The row's keys, as they came; none where they could not be read.</param>
    /// <param name="operation">What the row does.</param>
    /// <param name="features">The row's features in the order of their names' UTF-8 bytes; brought into their stored form in place.</param>
    /// <param name="ttlMicroseconds">The row's own ttl.</param>
    /// <param name="faults">Receives every fault.</param>
    public static RowBinding Bind(
        in RowContext context, string view, IReadOnlyList<string> keys, RowOperation operation, FeatureValue[] features, long? ttlMicroseconds,
        ICollection<Fault> faults)
    {
        var (registry, deletes) = (context.Registry, operation == RowOperation.Delete);
        if (registry.IsEmpty)
        {
            return new RowBinding(keys, ttlMicroseconds, null);
        }

        var retired = deletes ? context.Retired.GetValueOrDefault(view) : null;
        if (registry.Schema(view) is not { } schema)
        {
            if (retired is not null)
            {
                retired.CheckFeatures(view, features, faults);
                return new RowBinding(Canonical(retired.Entity, keys, faults), null, null);
            }

            faults.Add(NoSuchView(registry, view));
            return new RowBinding(keys, ttlMicroseconds, null);
        }

        schema.Bind(features, deletes, retired, faults);
        var canonical = Canonical(schema.Entity, keys, faults);
        var most = schema.View.Ttl is { } ttl && !deletes ? ttl.Ticks / TimeSpan.TicksPerMicrosecond : (long?)null;
        return new RowBinding(canonical, ttlMicroseconds is { } own && most is { } limit ? Math.Min(own, limit) : ttlMicroseconds ?? most, schema.Lateness);
    }

    private static IReadOnlyList<string> Canonical(Entity entity, IReadOnlyList<string> keys, ICollection<Fault> faults) =>
        keys.Count == 0 ? keys : entity.Canonical(keys, faults);

    /// <summary>The fault that a view is named, or meant, which is not declared.</summary>
    public static Fault NoSuchView(Registry registry, string view) => Fault.Unknown(
        view == StateKey.DefaultView
            ? $"The view is missing. There are {Some(registry.Views.Keys)}."
            : $"There is no view '{StateKey.Shorten(view)}'.{ClosestName.Suggestion(view, registry.Views.Keys)}",
        "view");

    /// <summary>The first of some names, for a person.</summary>
    public static string Some(IEnumerable<string> names)
    {
        const int Most = 10;
        var all = names.ToList();
        return all.Count switch
        {
            0 => "none",
            > Most => $"{string.Join(", ", all.Take(Most))} and {all.Count - Most} more",
            _ => string.Join(", ", all),
        };
    }
}
