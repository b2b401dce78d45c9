using System.Globalization;

namespace FeatureStore.DaprConformance.Recordings;

/// <summary>Steps by number, such as <c>0-5, 7</c>.</summary>
public static class StepNumbers
{
    public static IEnumerable<int> Parse(string text)
    {
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = part.Split('-');
            for (var number = Number(ends[0]); number <= Number(ends[^1]); number++)
            {
                yield return number;
            }
        }
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
