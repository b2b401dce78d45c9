using System.Text.Json;
using System.Text.RegularExpressions;

namespace FeatureStore.Faults.Checking;

/// <summary>The events that have to end as dead letters, and nothing else.</summary>
internal sealed partial class DeadLetters
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _expected = [];

    /// <summary>How many events have to be there.</summary>
    public int Expected => _expected.Count;

    /// <summary>An event that can never be taken in was acknowledged.</summary>
    public void Expect(string mark)
    {
        lock (_gate)
        {
            _expected.Add(mark);
        }
    }

    /// <summary>Lists what there is.</summary>
    /// <param name="ingest">A feature-ingest.</param>
    /// <returns>What is missing or should not be there; null without an answer.</returns>
    public async Task<IReadOnlyList<Finding>?> CheckAsync(HttpClient ingest)
    {
        var found = new HashSet<string>();
        var findings = new List<Finding>();
        try
        {
            for (long? after = 0; after is not null;)
            {
                using var reply = await ingest.GetAsync($"/dead-letters?limit=1000&after={after}");
                if (!reply.IsSuccessStatusCode)
                {
                    return null;
                }

                using var page = JsonDocument.Parse(await reply.Content.ReadAsStringAsync());
                foreach (var letter in page.RootElement.GetProperty("dead_letters").EnumerateArray())
                {
                    if (Mark().Match(letter.GetProperty("event").GetString()!) is { Success: true } mark)
                    {
                        found.Add(mark.Value);
                    }
                    else
                    {
                        findings.Add(new Finding(FindingKind.Unexpected, "dead letters", $"An event whose rows could all be stored was dead-lettered: {letter.GetRawText()}", ""));
                    }
                }

                after = page.RootElement.GetProperty("after") is { ValueKind: JsonValueKind.Number } more ? more.GetInt64() : null;
            }
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException)
        {
            return null;
        }

        lock (_gate)
        {
            findings.AddRange(_expected.Except(found).Select(mark => new Finding(FindingKind.Lost, "dead letters", $"The event {mark} is not among them.", "")));
        }

        return findings;
    }

    [GeneratedRegex("poison#[0-9]+#")]
    private static partial Regex Mark();
}
