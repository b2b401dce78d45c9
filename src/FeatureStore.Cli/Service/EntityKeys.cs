using FeatureStore.Model;

namespace FeatureStore.Cli.Service;

/// <summary>Checks ids of the command line against the entity that they are of.</summary>
internal static class EntityKeys
{
    /// <summary>Refuses ids that have another number of parts than the entity.</summary>
    /// <exception cref="UsageException">One has.</exception>
    public static void Check(Entity entity, IReadOnlyList<IReadOnlyList<string>> ids)
    {
        if (ids.FirstOrDefault(id => id.Count != entity.Keys.Count) is { } wrong)
        {
            throw new UsageException(
                $"An id of {entity.Name} has {(entity.Keys.Count == 1 ? "one part" : $"{entity.Keys.Count} parts, given with --key in this order")}: "
                + $"{string.Join(", ", entity.Keys.Select(key => key.Name))}. {string.Join('/', wrong)} has {wrong.Count}.");
        }
    }
}
