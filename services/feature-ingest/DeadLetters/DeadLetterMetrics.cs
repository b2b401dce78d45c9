using System.Diagnostics.Metrics;

namespace FeatureStore.FeatureIngest.DeadLetters;

/// <summary>How many events ended as dead letters: what an alarm watches.</summary>
internal sealed class DeadLetterMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _kept = meters.Create("FeatureStore.Ingest")
        .CreateCounter<long>("featurestore.ingest.dead_letters", "{event}", "Events kept as dead letters.");

    public void Kept(int count) => _kept.Add(count);
}
