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
    private readonly List<string> _notes = [];
    private readonly Lock _gate = new();
    private readonly long _started = Stopwatch.GetTimestamp();

    private IEnumerable<KeyValuePair<int, (List<Difference> Differences, List<ListedDetail> Details)>> Differing =>
        _replayed.Where(r => r.Value.Differences.Count > 0).OrderBy(r => r.Key);

    /// <summary>No included step differs.</summary>
    public bool Agrees => !Differing.Any();

    public Totals Totals => new(
        _replayed.Count(r => r.Value is { Differences.Count: 0, Details.Count: 0 }),
        _replayed.Count(r => r.Value is { Differences.Count: 0, Details.Count: > 0 }),
        Differing.Count(),
        fixture.Steps.Count - _replayed.Count,
        Stopwatch.GetElapsedTime(_started));

    /// <summary>Every included step was replayed, or said to be outside by what ran.</summary>
    public IEnumerable<Step> Forgotten => fixture.Steps.Where(s => fixture.Included.Contains(s) && !_replayed.ContainsKey(s.Number) && !_notReplayed.ContainsKey(s.Number));

    /// <summary>Listed details that no step of DevSidecar needed: they hide nothing and can go.</summary>
    public IEnumerable<ListedDetail> Unused => fixture.Details.Where(d => !d.Chance).Except(_replayed.Values.SelectMany(r => r.Details));

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

    /// <summary>Whether a step differed when it was last replayed.</summary>
    public bool Differs(Step step)
    {
        lock (_gate)
        {
            return _replayed.TryGetValue(step.Number, out var entry) && entry.Differences.Count > 0;
        }
    }

    /// <summary>An included step that this run cannot replay, as with a sidecar that it may not restart.</summary>
    public void NotReplayed(Step step, string reason)
    {
        lock (_gate)
        {
            _notReplayed[step.Number] = reason;
        }
    }

    /// <summary>The same of every included step that nothing was said of so far.</summary>
    public void RestNotReplayed(string reason)
    {
        foreach (var step in Forgotten.ToList())
        {
            NotReplayed(step, reason);
        }
    }

    /// <summary>Says something that the numbers do not.</summary>
    public void Note(string note)
    {
        lock (_gate)
        {
            _notes.Add(note);
        }
    }

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

        text.Append(Totals.Line(fixture.Name));
        foreach (var group in _notReplayed.GroupBy(n => n.Value))
        {
            text.AppendLine().Append($"  {group.Count()} steps are outside this run: {group.Key}");
        }

        foreach (var note in _notes)
        {
            text.AppendLine().Append($"  {note}");
        }

        return text.ToString();
    }
}
