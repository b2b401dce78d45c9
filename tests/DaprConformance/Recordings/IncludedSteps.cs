namespace FeatureStore.DaprConformance.Recordings;

/// <summary>Which steps of a file are replayed. Every step is named, with a reason, as included or as outside.</summary>
public sealed class IncludedSteps
{
    private readonly HashSet<int> _included;
    private readonly HashSet<int> _run;

    public IncludedSteps(Groups groups, int steps)
    {
        var included = groups.Included.SelectMany(g => StepNumbers.Parse(g.Steps)).ToList();
        var outside = groups.Outside.SelectMany(g => StepNumbers.Parse(g.Steps)).ToList();
        var wrong = Enumerable.Range(0, steps).Where(n => included.Count(i => i == n) + outside.Count(o => o == n) != 1)
            .Concat(included.Concat(outside).Where(n => n >= steps)).ToList();
        if (wrong.Count > 0)
        {
            throw new InvalidDataException($"included.json names these steps not at all or twice: {string.Join(", ", wrong)}");
        }

        _included = [.. included];
        _run = [.. groups.Outside.Where(g => g.Run).SelectMany(g => StepNumbers.Parse(g.Steps))];
    }

    public bool Contains(Step step) => _included.Contains(step.Number);

    /// <summary>Whether a step is outside, but called all the same, as a later one shows its effect.</summary>
    public bool IsRun(Step step) => _run.Contains(step.Number);

    public sealed record Groups(List<Group> Included, List<Group> Outside);

    public sealed record Group(string Steps, string Reason, bool Run);
}
