using FeatureStore.Client;

namespace FeatureStore.Samples.CSharp;

/// <summary>Aircraft as a file or a queue would yield them, one by one.</summary>
internal static class Fleet
{
    public static string Tailnum(int number) => $"N{10_000 + number}";

    public static async IAsyncEnumerable<FeatureRow> Rows(int count, DateTimeOffset at)
    {
        for (var i = 0; i < count; i++)
        {
            yield return FeatureRow.Merge(Tailnum(i), new Aircraft(Seats: 50 + (i % 200), Engines: 2)) with { EventTimestamp = at };
            if (i % 500 == 0)
            {
                await Task.Yield();
            }
        }
    }
}
