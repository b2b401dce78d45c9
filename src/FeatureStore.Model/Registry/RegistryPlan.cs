namespace FeatureStore.Model;

/// <summary>What applying a registry over another changes, and what of it would misread stored data.</summary>
public static class RegistryPlan
{
    /// <summary>The changes that lead from one registry to another; none if they are equal.</summary>
    public static IReadOnlyList<RegistryChange> Of(Registry from, Registry to) =>
    [
        .. Compare("entity", from.Entities, to.Entities, (before, after) => Compare(before, after, to)),
        .. Compare("view", from.Views, to.Views, (before, after) => Compare(before, after)),
        .. Compare("service", from.Services, to.Services, Compare),
    ];

    /// <summary>
    /// The changes that lead from what was applied to a registry. What was removed earlier is stored still, so declaring it again
    /// in a way that would misread it is refused too.
    /// </summary>
    public static IReadOnlyList<RegistryChange> Of(AppliedRegistry from, Registry to) => to.IsEmpty
        ? [.. Of(from.Registry, to).Select(change => change with { Refusals = [.. change.Refusals, EmptyRefused] })]
        : [.. Of(from.Registry, to).Select(change => change.What == "view" && from.Retired.TryGetValue(change.Name, out var retired) && to.Views.TryGetValue(change.Name, out var view)
            ? change with { Refusals = [.. change.Refusals, .. Misread(retired, view, to.Entities[view.Entity], isAdded: change.Kind == ChangeKind.Added)] }
            : change)];

    /// <summary>With nothing declared every view is open: what was removed would be served again, and typed features take anything.</summary>
    private const string EmptyRefused =
        "A registry that declares nothing would have everything written and read unchecked again, what is removed included. Keep an entity declared, be it without views.";

    private static IEnumerable<string> Misread(RetiredView retired, FeatureView view, Entity entity, bool isAdded)
    {
        var instead = $"Declare a new version of the view{Next(view.Name)} instead.";
        if (isAdded && !retired.Entity.Keys.SequenceEqual(entity.Keys))
        {
            yield return $"'{view.Name}' was declared before, and its rows are still stored, under the keys ({Keys(retired.Entity)}). {instead}";
        }

        if (isAdded && retired.WasOpen && !view.IsOpen)
        {
            yield return $"'{view.Name}' was declared before, open, and may still hold values of any type. {instead}";
        }

        foreach (var feature in view.Features)
        {
            if (retired.Features.TryGetValue(feature.Name, out var type) && !feature.Type.Reads(type))
            {
                yield return $"'{feature.Name}' was removed, but is still stored as {type}, and would be misread as {feature.Type}. {instead}";
            }
        }
    }

    private static IEnumerable<RegistryChange> Compare<T>(
        string what, IReadOnlyDictionary<string, T> from, IReadOnlyDictionary<string, T> to, Func<T, T, (List<string> Details, List<string> Refusals)> compare)
        where T : class
    {
        foreach (var (name, after) in to)
        {
            if (!from.TryGetValue(name, out var before))
            {
                yield return new RegistryChange(ChangeKind.Added, what, name, [], []);
            }
            else if (!before.Equals(after))
            {
                var (details, refusals) = compare(before, after);
                yield return new RegistryChange(ChangeKind.Changed, what, name, details, refusals);
            }
        }

        foreach (var name in from.Keys.Where(name => !to.ContainsKey(name)))
        {
            yield return new RegistryChange(ChangeKind.Removed, what, name, [], []);
        }
    }

    private static (List<string>, List<string>) Compare(Entity before, Entity after, Registry to)
    {
        var (details, refusals) = (new List<string>(), new List<string>());
        if (!before.Keys.SequenceEqual(after.Keys))
        {
            details.Add($"keys: {Keys(before)} → {Keys(after)}");
            refusals.Add(
                $"Rows are stored under the keys ({Keys(before)}) and would not be found under ({Keys(after)}). "
                + $"Declare an entity of another name with these keys, and new versions of its views{Next(to.ViewsOf(after.Name).FirstOrDefault()?.Name)}.");
        }

        Describe(before.Description, after.Description, details);
        return (details, refusals);
    }

    private static (List<string>, List<string>) Compare(FeatureView before, FeatureView after)
    {
        var (details, refusals) = (new List<string>(), new List<string>());
        if (before.Entity != after.Entity)
        {
            details.Add($"entity: {before.Entity} → {after.Entity}");
            refusals.Add($"Rows of '{before.Name}' are stored under the keys of '{before.Entity}'. Declare a new version of the view{Next(before.Name)} and serve both side by side.");
        }

        Features(before, after, details, refusals);
        Changed("open", before.IsOpen, after.IsOpen, details);
        if (before.IsOpen && !after.IsOpen)
        {
            refusals.Add($"'{before.Name}' may hold values of any type. Declare a new version of the view{Next(before.Name)} and serve both side by side.");
        }

        Changed("ttl", Text(before.Ttl, "never"), Text(after.Ttl, "never"), details);
        Changed("freshness", Text(before.Freshness, "none"), Text(after.Freshness, "none"), details);
        Changed("serving", before.Serving, after.Serving, details);
        Changed("lateness", Text(before.Lateness, "by its ttl"), Text(after.Lateness, "by its ttl"), details);
        Changed("retention", Text(before.Retention, "for ever"), Text(after.Retention, "for ever"), details);
        Changed("preload", before.IsPreloaded, after.IsPreloaded, details);
        Changed("push_sources", string.Join(", ", before.PushSources), string.Join(", ", after.PushSources), details);
        Describe(before.Description, after.Description, details);
        return (details, refusals);
    }

    private static void Features(FeatureView before, FeatureView after, List<string> details, List<string> refusals)
    {
        foreach (var feature in after.Features)
        {
            if (before.Find(feature.Name) is not { } known)
            {
                details.Add($"feature {feature.Name}: added, {feature.Type}");
                if (before.IsOpen && feature.Type != new FeatureType(ScalarType.Json))
                {
                    refusals.Add($"'{before.Name}' is open and may hold '{feature.Name}' of another type. Declare a new version of the view{Next(before.Name)} and serve both side by side.");
                }
            }
            else if (known != feature)
            {
                details.Add($"feature {feature.Name}: {Text(known)} → {Text(feature)}");
                if (!feature.Type.Reads(known.Type))
                {
                    refusals.Add(
                        $"'{feature.Name}' is stored as {known.Type} and would be misread as {feature.Type}. Declare a new version of the view{Next(before.Name)} and serve both side by side.");
                }
            }
        }

        foreach (var feature in before.Features.Where(feature => after.Find(feature.Name) is null))
        {
            details.Add($"feature {feature.Name}: removed; what is stored of it is no longer served");
        }

        if (details.Count == 0 && !before.Features.SequenceEqual(after.Features))
        {
            details.Add("features: in another order");
        }
    }

    private static void Describe(Description before, Description after, List<string> details)
    {
        Changed("description", before.Text, after.Text, details);
        Changed("owner", before.Owner, after.Owner, details);
        Changed("tags", Tags(before), Tags(after), details);
    }

    private static (List<string>, List<string>) Compare(FeatureService before, FeatureService after)
    {
        var details = new List<string>();
        details.AddRange(after.Features.Except(before.Features).Select(feature => $"feature {feature}: added"));
        details.AddRange(before.Features.Except(after.Features).Select(feature => $"feature {feature}: removed"));
        if (details.Count == 0 && !before.Features.SequenceEqual(after.Features))
        {
            details.Add("features: in another order");
        }

        Describe(before.Description, after.Description, details);
        return (details, []);
    }

    private static void Changed<T>(string what, T before, T after, List<string> details)
    {
        if (!EqualityComparer<T>.Default.Equals(before, after))
        {
            details.Add($"{what}: {Shown(before)} → {Shown(after)}");
        }
    }

    private static string Shown<T>(T value) => value?.ToString() is { Length: > 0 } text ? text : "none";

    private static string Text(TimeSpan? duration, string absent) => duration is { } given ? Duration.Format(given) : absent;

    private static string Text(Feature feature) => feature.Default is null ? feature.Type.ToString() : $"{feature.Type}, default {feature.Default}";

    private static string Keys(Entity entity) => Keys(entity.Keys);

    private static string Keys(IReadOnlyList<JoinKey> keys) => string.Join(", ", keys.Select(key => $"{key.Name}: {FeatureType.NameOf(key.Type)}"));

    private static string Tags(Description description) => string.Join(", ", description.Tags.Select(tag => $"{tag.Key}={tag.Value}"));

    /// <summary>The name of a view's next version, as an example.</summary>
    private static string Next(string? view)
    {
        if (view is null)
        {
            return "";
        }

        var at = view.IndexOf('@', StringComparison.Ordinal);
        var version = at < 0 ? 1 : int.Parse(view[(at + 1)..], System.Globalization.CultureInfo.InvariantCulture);
        return $" (such as '{(at < 0 ? view : view[..at])}@{version + 1}')";
    }
}
