using FeatureStore.Cli.Feast.Protos;
using FeatureStore.Model;
using FeastType = FeatureStore.Cli.Feast.Protos.ValueType.Types.Enum;

namespace FeatureStore.Cli.Feast;

/// <summary>Entities of Feast, which have one join key, as entities here, of which a view has one.</summary>
internal sealed class FeastEntities
{
    // What Feast gives to views that have no entity.
    private const string Dummy = "__dummy";

    private readonly Dictionary<string, Entity> _single = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Entity> _composite = new(StringComparer.Ordinal);
    private readonly FeastNames _names;

    public FeastEntities(FeastDefinitions feast)
    {
        EntitySpec[] entities = [.. feast.Entities.Where(entity => entity.Name != Dummy).DistinctBy(entity => entity.Name)];
        _names = new FeastNames(entities.Select(entity => entity.Name));
        var keys = new FeastNames(entities.Select(Key));
        foreach (var entity in entities)
        {
            var (type, loss) = FeastTypes.OfKey(TypeOf(entity, feast));
            var (name, key) = (_names[entity.Name], keys[Key(entity)]);
            _single.Add(entity.Name, new Entity(name, [new JoinKey(key, type)], FeastDescription.Of(entity.Description, entity.Owner, entity.Tags)));
            Notes.Add(new ImportNote("entity", entity.Name, name,
            [
                .. FeastDescription.Renamed(entity.Name, name), .. FeastDescription.Renamed(Key(entity), key, "join key "),
                .. loss is null ? (string[])[] : [$"join key {Key(entity)} {loss}"],
            ]));
        }
    }

    public List<ImportNote> Notes { get; } = [];

    public IEnumerable<Entity> All => _single.Values.Concat(_composite.Values);

    /// <summary>The entity of a view that has these in Feast: of several, one with all their keys in this order.</summary>
    /// <param name="names">Their names in Feast.</param>
    /// <param name="fault">Why there is none.</param>
    public Entity? Of(IReadOnlyList<string> names, out string? fault)
    {
        fault = names.Count == 0 || names.Contains(Dummy) ? "has no entity, and a view here describes one"
            : names.FirstOrDefault(name => !_single.ContainsKey(name)) is { } missing ? $"its entity {missing} is not defined"
            : null;
        if (fault is not null)
        {
            return null;
        }

        if (names.Count == 1)
        {
            return _single[names[0]];
        }

        var id = string.Join(" + ", names);
        if (!_composite.TryGetValue(id, out var entity))
        {
            JoinKey[] keys = [.. names.SelectMany(name => _single[name].Keys)];
            if (keys.DistinctBy(key => key.Name).Count() < keys.Length)
            {
                fault = $"its entities {id} share a join key";
                return null;
            }

            entity = new Entity(_names.Take(string.Join('_', names.Select(name => _single[name].Name))), keys, Description.None);
            _composite.Add(id, entity);
            Notes.Add(new ImportNote("entity", id, entity.Name, [$"views of them have one entity here, with the keys {string.Join(", ", keys.Select(key => key.Name))} in this order"]));
        }

        return entity;
    }

    private static string Key(EntitySpec entity) => entity.JoinKey.Length > 0 ? entity.JoinKey : entity.Name;

    /// <summary>The type of its join key; Feast often knows it from the columns of views only.</summary>
    private static FeastType TypeOf(EntitySpec entity, FeastDefinitions feast) => entity.ValueType != FeastType.Invalid
        ? entity.ValueType
        : feast.Views.Concat(feast.StreamViews).Where(view => view.Entities.Contains(entity.Name)).SelectMany(view => view.EntityColumns)
            .Where(column => column.Name == Key(entity)).Select(column => column.ValueType).FirstOrDefault(type => type != FeastType.Invalid);
}
