using FeatureStore.Model;

namespace FeatureStore.Cli.Registry;

/// <summary>What is declared, in few words.</summary>
internal static class RegistrySummary
{
    public static string Of(Entity entity) => string.Join(", ", entity.Keys.Select(key => $"{key.Name}: {FeatureType.NameOf(key.Type)}"));

    public static string Of(FeatureView view, Entity entity) =>
        $"of {entity.Name} ({string.Join(", ", entity.Keys.Select(key => key.Name))}): {Features(view)}, "
        + $"{(view.Ttl is { } ttl ? $"ttl {Duration.Format(ttl)}" : "no ttl")}, {Serving(view)}";

    public static string Of(FeatureService service) => Count(service.Features.Count, "feature");

    public static string Features(FeatureView view) => (view.Features.Count, view.IsOpen) switch
    {
        (0, true) => "any features",
        (var count, true) => $"{Count(count, "feature")} and any others",
        var (count, _) => Count(count, "feature"),
    };

    public static string Serving(FeatureView view) => view.Serving == ServingMode.Push ? "push" : "pull";

    /// <summary>How many of each kind: <c>2 added, 1 changed</c>.</summary>
    public static string Of(IEnumerable<ChangeKind> changes) => string.Join(
        ", ", changes.GroupBy(kind => kind).OrderBy(group => group.Key).Select(group => $"{group.Count()} {group.Key.ToString().ToLowerInvariant()}"));

    public static string Count(int count, string one, string? many = null) => $"{count} {(count == 1 ? one : many ?? one + "s")}";
}
