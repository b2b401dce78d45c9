using System.Text;

namespace FeatureStore.Cli.Service;

/// <summary>The query part of a call that names one entity, for ids of any characters.</summary>
internal static class EntityQuery
{
    private const string Path = "/features";

    /// <param name="keys">The entity's keys, in order.</param>
    /// <param name="views">The views meant.</param>
    /// <param name="features">The features meant.</param>
    /// <param name="more">Other parameters; those without a value are left out.</param>
    public static string Of(
        IReadOnlyList<string> keys, IReadOnlyList<string> views, IReadOnlyList<string> features, params ReadOnlySpan<(string Name, string? Value)> more)
    {
        var query = new StringBuilder(Path);
        Append(query, "entity_id", keys);
        Append(query, "view", views);
        Append(query, "feature", features);
        foreach (var (name, value) in more)
        {
            Append(query, name, value is null ? [] : [value]);
        }

        return query.ToString();
    }

    /// <summary>The entities that a command line names: each ENTITY by itself, or all --key together.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Entities(string[] entities, string[] keys)
    {
        if (entities.Length > 0 && keys.Length > 0)
        {
            throw new UsageException("Give either ENTITY or --key, not both: --key names the parts of one composite id, in order.");
        }

        if (entities.Length == 0 && keys.Length == 0)
        {
            throw new UsageException("No entity is named. Give its id, or --key for each part of a composite id.");
        }

        return keys.Length > 0 ? [keys] : [.. entities.Select(entity => (IReadOnlyList<string>)[entity])];
    }

    private static void Append(StringBuilder query, string name, IReadOnlyList<string> values)
    {
        foreach (var value in values)
        {
            query.Append(query.Length == Path.Length ? '?' : '&')
                .Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }
}
