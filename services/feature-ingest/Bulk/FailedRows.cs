namespace FeatureStore.FeatureIngest.Bulk;

/// <summary>Which rows of a bulk request have to be sent again, as ranges of their positions.</summary>
internal sealed class FailedRows(int maxRanges)
{
    private readonly List<(long First, long Last)> _ranges = [];

    public long Count { get; private set; }

    public IReadOnlyList<(long First, long Last)> Ranges => _ranges;

    /// <summary>Adds a row. Rows are added in the order of their positions.</summary>
    public void Add(long at)
    {
        Count++;
        // Rows in between that were stored are harmless to send again; a reply without bound is not.
        if (_ranges.Count > 0 && (_ranges[^1].Last + 1 == at || _ranges.Count >= maxRanges))
        {
            _ranges[^1] = (_ranges[^1].First, at);
        }
        else
        {
            _ranges.Add((at, at));
        }
    }
}
