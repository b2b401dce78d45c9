using System.Text.Json;
using FeatureStore.Model;

namespace FeatureStore.Cli.Registry;

/// <summary>What is stored and declared no longer, as a service tells it: it can be deleted.</summary>
internal static class RetiredViews
{
    /// <summary>A registry in which what was removed stands again, beside what is declared.</summary>
    /// <param name="declared">What is declared.</param>
    /// <param name="retired">Member <c>retired</c> of the service's reply.</param>
    public static Model.Registry Restore(Model.Registry declared, JsonElement retired)
    {
        var entities = declared.Entities.ToDictionary(StringComparer.Ordinal);
        var views = declared.Views.ToDictionary(StringComparer.Ordinal);
        foreach (var member in retired.EnumerateObject())
        {
            var entity = EntityOf(member.Value);
            if (entities.TryAdd(entity.Name, entity) || entities[entity.Name].Keys.SequenceEqual(entity.Keys))
            {
                views[member.Name] = Restore(member.Name, member.Value, views.GetValueOrDefault(member.Name));
            }
        }

        return new Model.Registry(entities.Values, views.Values, declared.Services.Values);
    }

    private static FeatureView Restore(string name, JsonElement retired, FeatureView? declared)
    {
        var features = retired.GetProperty("features").EnumerateObject().Select(feature => new Feature(feature.Name, Type(feature.Value), null, Description.None));
        var view = declared ?? new FeatureView { Name = name, Entity = retired.GetProperty("entity").GetString() ?? "", Features = [] };
        return view with { Features = [.. view.Features, .. features], IsOpen = view.IsOpen || retired.GetProperty("open").GetBoolean() };
    }

    private static Entity EntityOf(JsonElement retired) => new(
        retired.GetProperty("entity").GetString() ?? "",
        [.. retired.GetProperty("keys").EnumerateObject().Select(key => new JoinKey(key.Name, Type(key.Value).Scalar))],
        Description.None);

    private static FeatureType Type(JsonElement text) =>
        FeatureType.TryParse(text.GetString() ?? "", out var type) ? type : throw new FormatException($"'{text}' is no type.");
}
