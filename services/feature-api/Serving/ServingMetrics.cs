using System.Diagnostics.Metrics;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Serving;

/// <summary>What is measured of serving, under the meter <c>FeatureStore.Serving</c>.</summary>
internal sealed class ServingMetrics(IMeterFactory meters)
{
    private readonly Histogram<double> _freshness = meters.Create("FeatureStore.Serving").CreateHistogram(
        "featurestore.serving.freshness", "s", "How old the rows are that are served: query time less event timestamp, by view.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1, 5, 15, 60, 300, 900, 3600, 10_800, 43_200, 86_400, 604_800] });

    /// <summary>A row was served.</summary>
    public void Served(string view, Timestamp eventTimestamp, Timestamp now)
    {
        if (_freshness.Enabled)
        {
            _freshness.Record((now.Microseconds - eventTimestamp.Microseconds) / 1e6, new KeyValuePair<string, object?>("view", view));
        }
    }
}
