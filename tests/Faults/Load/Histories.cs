using System.Collections.Concurrent;
using FeatureStore.Faults.Checking;
using FeatureStore.Faults.Rows;

namespace FeatureStore.Faults.Load;

/// <summary>What all writers and readers know together.</summary>
/// <param name="time">The clock.</param>
/// <param name="staleness">How much older than the last acknowledged write a read may be.</param>
internal sealed class Histories(TimeProvider time, TimeSpan staleness)
{
    private readonly ConcurrentDictionary<string, EntityHistory> _entities = new();
    private readonly ConcurrentQueue<Finding> _findings = new();

    public Counters Counters { get; } = new();

    /// <summary>What history may hold and what it owes.</summary>
    public HistoryLedger Logged { get; } = new();

    /// <summary>How much older than the last acknowledged write a read may be, in microseconds.</summary>
    public long Staleness { get; } = staleness.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>The most by which a read was older than what was acknowledged before it, in microseconds.</summary>
    public long WorstStaleness => _entities.Values.Max(history => (long?)history.WorstStaleness) ?? 0;

    /// <summary>Cancelled with the first finding.</summary>
    public CancellationTokenSource Found { get; } = new();

    public IReadOnlyCollection<Finding> Findings => _findings;

    public IEnumerable<string> Entities => _entities.Keys;

    public long Now => RowGenerator.Now(time);

    public EntityHistory Of(string entity) => _entities.GetOrAdd(entity, name => new EntityHistory(name, Staleness));

    public void Attempt(WrittenRow row)
    {
        Counters.Sent();
        Logged.Send(HistoryRow.Of(row));
        Of(row.Entity).Attempt(row, Now);
    }

    /// <summary>A row is stored.</summary>
    /// <param name="row">The row.</param>
    /// <param name="stamp">The stamp that the reply says it was given, if it does.</param>
    public void Acknowledge(WrittenRow row, RowStamp? stamp = null)
    {
        Counters.Stored();
        Logged.Owe(HistoryRow.Of(row) with { Stamp = stamp ?? row.Stamp }, Now, "stored");
        Of(row.Entity).Acknowledge(row, Now);
    }

    public void Promise(WrittenRow row)
    {
        Counters.Published();
        Logged.Owe(HistoryRow.Of(row), Now, "published");
        Of(row.Entity).Promise(row, Now);
    }

    public void Unclear(WrittenRow row, string why)
    {
        Counters.Unclear();
        Of(row.Entity).Unclear(row, why, Now);
    }

    public void Unexpected(string entity, string detail) => Report([new Finding(FindingKind.Unexpected, entity, detail, "")]);

    public void Report(IEnumerable<Finding> findings)
    {
        foreach (var finding in findings)
        {
            _findings.Enqueue(finding);
            Found.Cancel();
        }
    }
}
