using System.Diagnostics;
using System.Text;
using FeatureStore.DaprConformance.Comparing;
using FeatureStore.DaprConformance.Recordings;

namespace FeatureStore.DaprConformance.Reporting;

/// <summary>How one file of recordings came out.</summary>
public sealed class FixtureReport(Fixture fixture)
{
    private readonly Dictionary<int, (List<Difference> Differences, List<ListedDetail> Details)> _replayed = [];
    private readonly Dictionary<int, string> _notReplayed = [];
    private readonly Lock _gate = new();
    private readonly long _started = Stopwatch.GetTimestamp();

    private IEnumerable<KeyValuePair<int, (List<Difference> Differences, List<ListedDetail> Details)>> Differing =>
        _replayed.Where(r => r.Value.Differences.Count > 0).OrderBy(r => r.Key);

    /// <summary>No included step differs.</summary>
    public bool Agrees => !Differing.Any();

    /// <summary>Every included step was replayed, or said to be outside by what ran.</summary>
    public IEnumerable<Step> Forgotten => fixture.Steps.Where(s => fixture.Included.Contains(s) && !_replayed.ContainsKey(s.Number) && !_notReplayed.ContainsKey(s.Number));

    /// <summary>Listed details that no step needed: they hide nothing and can go.</summary>
    public IEnumerable<ListedDetail> Unused => fixture.Details.Except(_replayed.Values.SelectMany(r => r.Details));

    public void Add(Step step, Comparison comparison)
    {
        var entry = (Differences: new List<Difference>(), Details: new List<ListedDetail>());
        foreach (var difference in comparison.Differences)
        {
            if (fixture.Details.FirstOrDefault(d => d.Covers(step, difference)) is { } detail)
            {
                entry.Details.Add(detail);
            }
            else
            {
                entry.Differences.Add(difference);
            }
        }

        lock (_gate)
        {
            _replayed[step.Number] = entry;
        }
    }

    /// <summary>An included step that this run cannot replay, as with a sidecar that it may not restart.</summary>
    public void NotReplayed(Step step, string reason) => _notReplayed[step.Number] = reason;

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (number, (differences, _)) in Differing)
        {
            text.AppendLine($"  {fixture.Steps[number]}");
            foreach (var difference in differences)
            {
                text.AppendLine($"    {difference}");
            }
        }

        var agree = _replayed.Count(r => r.Value is { Differences.Count: 0, Details.Count: 0 });
        var except = _replayed.Count(r => r.Value is { Differences.Count: 0, Details.Count: > 0 });
        text.Append($"{fixture.Name,-18} {agree,4} agree, {except,3} agree except listed details, {Differing.Count(),3} differ, "
            + $"{fixture.Steps.Count - _replayed.Count,4} outside, of {fixture.Steps.Count}, in {Stopwatch.GetElapsedTime(_started).TotalSeconds:0} s");
        foreach (var group in _notReplayed.GroupBy(n => n.Value))
        {
            text.AppendLine().Append($"  {group.Count()} included steps were not replayed: {group.Key}");
        }

        return text.ToString();
    }
}
