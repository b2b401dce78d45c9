using System.IO.Enumeration;
using System.Text.Json;
using FeatureStore.DaprConformance.Comparing;

namespace FeatureStore.DaprConformance.Recordings;

/// <summary>
/// A single recorded detail that is not reproduced, and why. What comes in its place is checked too: against
/// <see cref="Instead"/>, or, with <see cref="Order"/>, as the same JSON whose members may stand in another order. A step
/// that is as recorded needs none of it: so a listed detail never makes daprd differ.
/// </summary>
/// <param name="Steps">The steps, by number.</param>
/// <param name="At">Where in the step, such as <c>response.body</c>; * stands for anything.</param>
/// <param name="Recorded">A part of the recorded text that <paramref name="Instead"/> replaces; null: all of it.</param>
/// <param name="Instead">What is there instead; * stands for anything.</param>
/// <param name="Order">Whether only the order of members or items differs.</param>
/// <param name="Chance">Whether daprd itself does now the one and now the other, so that DevSidecar need not ever do it.</param>
/// <param name="Reason">Why.</param>
public sealed record ListedDetail(string Steps, string At, string? Recorded, string? Instead, bool Order, bool Chance, string Reason)
{
    private readonly HashSet<int> _steps = [.. StepNumbers.Parse(Steps)];

    public bool Covers(Step step, Difference difference)
    {
        if (!_steps.Contains(step.Number) || !FileSystemName.MatchesSimpleExpression(At, difference.At, ignoreCase: false))
        {
            return false;
        }

        if (Order)
        {
            return SameMembers(difference.Expected, difference.Actual);
        }

        if (Recorded is null)
        {
            return Matches(Instead ?? "", difference.Actual);
        }

        return difference.Expected.Contains(Recorded, StringComparison.Ordinal)
            && Matches(difference.Expected.Replace(Recorded, Instead, StringComparison.Ordinal), difference.Actual);
    }

    private static bool Matches(string pattern, string actual) =>
        System.Text.RegularExpressions.Regex.IsMatch(
            actual,
            "^" + string.Join(".*", pattern.Split('*').Select(System.Text.RegularExpressions.Regex.Escape)) + "$",
            System.Text.RegularExpressions.RegexOptions.Singleline);

    private static bool SameMembers(string expected, string actual)
    {
        try
        {
            return Sorted(JsonDocument.Parse(expected).RootElement) == Sorted(JsonDocument.Parse(actual).RootElement);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>With members in order, and numbers and texts to the character.</summary>
    private static string Sorted(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => $"{{{string.Join(',', json.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal).Select(m => $"{m.Name}:{Sorted(m.Value)}"))}}}",
        JsonValueKind.Array => $"[{string.Join(',', json.EnumerateArray().Select(Sorted))}]",
        _ => json.GetRawText(),
    };
}
