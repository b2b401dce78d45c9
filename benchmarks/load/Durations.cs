using System.Globalization;

namespace FeatureStore.LoadBaselines;

/// <summary>Times that something took, in ms. Safe for any number of threads.</summary>
internal sealed class Durations
{
    private readonly Lock _gate = new();
    private List<double> _all = [];

    public void Add(TimeSpan took)
    {
        lock (_gate)
        {
            _all.Add(took.TotalMilliseconds);
        }
    }

    /// <summary>Takes out what was added so far.</summary>
    public List<double> Take()
    {
        lock (_gate)
        {
            var taken = _all;
            _all = [];
            taken.Sort();
            return taken;
        }
    }

    /// <summary>The times below which so many of a thousand lie, with a blank between.</summary>
    /// <param name="sorted">What was taken.</param>
    /// <param name="thousandths">How many: 500 for the median.</param>
    public static string Percentiles(List<double> sorted, params int[] thousandths) =>
        string.Join(' ', thousandths.Select(share => sorted[sorted.Count * share / 1000].ToString("F3", CultureInfo.InvariantCulture)));
}
