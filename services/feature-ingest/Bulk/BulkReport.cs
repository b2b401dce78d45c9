using FeatureStore.Model;

namespace FeatureStore.FeatureIngest.Bulk;

/// <summary>What became of the rows of a bulk request.</summary>
internal sealed class BulkReport(IngestOptions options, string position)
{
    private readonly List<(long At, Fault Fault)> _errors = [];

    /// <summary>What a row's position is called: <c>line</c> or <c>element</c>, counted from 1.</summary>
    public string Position { get; } = position;

    public long Applied { get; private set; }

    /// <summary>Rows that were valid, but older than what is stored.</summary>
    public long Superseded { get; private set; }

    public long Rejected { get; private set; }

    /// <summary>The first faults of rejected rows, by position.</summary>
    public IEnumerable<(long At, Fault Fault)> Errors => _errors.OrderBy(error => error.At);

    public FailedRows Failed { get; } = new(options.MaxFailedRanges);

    /// <summary>Why rows failed, if any did.</summary>
    public string? FailureReason { get; private set; }

    public void Accept(bool applied)
    {
        Applied += applied ? 1 : 0;
        Superseded += applied ? 0 : 1;
    }

    public void Reject(long at, IEnumerable<Fault> faults)
    {
        Rejected++;
        foreach (var fault in faults)
        {
            if (_errors.Count >= options.MaxErrors)
            {
                return;
            }

            _errors.Add((at, fault));
        }
    }

    public void Fail(long at, string reason)
    {
        Failed.Add(at);
        FailureReason ??= reason;
    }
}
