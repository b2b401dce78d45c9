using FeatureStore.Faults.Rows;

namespace FeatureStore.Faults.Checking;

/// <summary>
/// Compares one read with what it may show: all that was stored before it, joined with any of the rows whose outcome was
/// then open, each of them whole or not at all.
/// </summary>
/// <param name="entity">The entity.</param>
/// <param name="before">What was stored when the read began.</param>
/// <param name="open">The rows that may or may not have been stored since, among others.</param>
/// <param name="ids">The numbers of all rows that were ever sent for the entity.</param>
/// <param name="started">When the read began.</param>
/// <param name="ended">When it ended.</param>
internal sealed class ReadCheck(
    string entity, NaiveState before, IReadOnlyList<WrittenRow> open, IReadOnlySet<long> ids, long started, long ended)
{
    private readonly List<(FindingKind Kind, string Detail)> _faults = [];
    private readonly Dictionary<string, NaiveEntry> _shown = [];
    private readonly Dictionary<long, WrittenRow> _seen = [];

    /// <summary>The open rows that the read shows to have been stored.</summary>
    public IReadOnlyCollection<WrittenRow> Seen => _seen.Values;

    public IReadOnlyList<(FindingKind Kind, string Detail)> Run(IReadOnlyDictionary<string, string> served)
    {
        foreach (var (feature, value) in served)
        {
            Recognise(feature, value);
        }

        // A row shows whole: with one of its features, all that it says is known to have happened.
        var known = _seen.Values.Aggregate(before, (state, row) => state.With(row));
        foreach (var (feature, entry) in _shown)
        {
            Judge(feature, entry, known);
        }

        foreach (var (feature, entry) in known.Entries)
        {
            if (!served.ContainsKey(feature) && !entry.IsDeletion && entry.Expiry > ended && !open.Any(row => Hides(row, feature, entry)))
            {
                Add(FindingKind.Lost, $"{feature} is not served, and {entry.Value} of event {RowStamp.Text(entry.Stamp.Event)} should be");
            }
        }

        return _faults;
    }

    private void Recognise(string feature, string value)
    {
        if (before.Entries.TryGetValue(feature, out var entry) && !entry.IsDeletion && entry.Value == value)
        {
            _shown.Add(feature, entry);
        }
        else if (WrittenRow.IdOf(entity, feature, value) is not { } id || !ids.Contains(id))
        {
            Add(FindingKind.Invented, $"{feature} is {value}, which nobody sent");
        }
        else if (open.FirstOrDefault(row => row.Id == id) is { } row)
        {
            if (row.Kind == RowKind.Delete || !row.Features.Contains(feature))
            {
                Add(FindingKind.Invented, $"{feature} is {value}, which row #{id} does not say");
                return;
            }

            _shown.Add(feature, NaiveEntry.Of(row, feature));
            _seen.TryAdd(id, row);
        }
        else if (before.Entries.ContainsKey(feature))
        {
            Add(FindingKind.Lost, $"{feature} is {value}, which was superseded long ago by {before.Entries[feature]}");
        }
        else
        {
            Add(FindingKind.Undeleted, $"{feature} is {value}, which was removed long ago by {before.Floor}");
        }
    }

    private void Judge(string feature, in NaiveEntry shown, NaiveState known)
    {
        if (shown.Expiry <= started)
        {
            Add(FindingKind.Expired, $"{feature} is {shown.Value}, which expired at {RowStamp.Text(shown.Expiry)}, {started - shown.Expiry} µs before the read began");
        }
        else if (before.Buries(shown.Stamp))
        {
            Add(FindingKind.Undeleted, $"{feature} is {shown.Value}, which was removed by {before.Floor}");
        }
        else if (before.Entries.TryGetValue(feature, out var stored) && stored.CompareTo(shown) > 0)
        {
            Add(FindingKind.Lost, $"{feature} is {shown.Value}, and should be {stored.Value} of event {RowStamp.Text(stored.Stamp.Event)} or newer");
        }
        else if (known.Buries(shown.Stamp) || (known.Entries.TryGetValue(feature, out var beside) && beside.CompareTo(shown) > 0))
        {
            Add(FindingKind.Torn, $"{feature} is {shown.Value}, although the same read shows another feature of a row that beats it");
        }
    }

    /// <summary>Whether a feature is rightly not served if a row went in.</summary>
    private bool Hides(WrittenRow row, string feature, in NaiveEntry entry)
    {
        if (row.IsFloor && new NaiveFloor(row.Stamp, row.Kind == RowKind.Delete).Buries(entry.Stamp))
        {
            return true;
        }

        if (!row.Features.Contains(feature))
        {
            return false;
        }

        var own = NaiveEntry.Of(row, feature);
        return own.CompareTo(entry) > 0 && (own.IsDeletion || own.Expiry <= ended);
    }

    private void Add(FindingKind kind, string detail) => _faults.Add((kind, detail));
}
