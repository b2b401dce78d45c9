using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.Facts;

/// <summary>Holds docs/dapr-facts.md against the facts that were recorded and the tests that there are.</summary>
public sealed partial class FactsDocumentTests
{
    private static readonly List<(int Number, string Meaning, string Tests)> Lines = [.. File.ReadLines(Repository.PathOf("docs/dapr-facts.md"))
        .Select(line => Line().Match(line))
        .Where(match => match.Success)
        .Select(match => (Number(match.Groups["number"].Value), match.Groups["meaning"].Value, match.Groups["tests"].Value))];

    [Fact]
    public void Every_recorded_fact_has_a_line()
    {
        var recorded = File.ReadLines(Repository.PathOf("tests/DaprConformance/fixtures/README.md"))
            .Select(line => Recorded().Match(line)).Where(match => match.Success).Select(match => Number(match.Groups[1].Value)).ToList();
        Assert.Equal(Enumerable.Range(1, 64), recorded);
        Assert.Equal(recorded, Lines.Select(line => line.Number));
    }

    [Fact]
    public void Every_line_names_a_test_or_says_why_there_is_none() => Assert.All(
        Lines, line => Assert.True(Named(line.Tests).Any() || line.Meaning.StartsWith("Does not touch", StringComparison.Ordinal), $"fact {line.Number}"));

    [Fact]
    public void Every_test_that_is_named_exists()
    {
        var tests = Tests(typeof(FactsDocumentTests).Assembly.GetTypes()).ToHashSet(StringComparer.Ordinal);
        Assert.All(Lines, line => Assert.All(Named(line.Tests), name => Assert.Contains(name, tests)));
    }

    [Fact]
    public void Every_test_that_is_named_after_a_fact_stands_in_its_line()
    {
        var numbered = Tests(typeof(FactsDocumentTests).Assembly.GetTypes()).Select(name => (Name: name, Match: FactName().Match(name))).Where(test => test.Match.Success).ToList();
        Assert.NotEmpty(numbered);
        Assert.All(numbered, test => Assert.Contains(test.Name, Named(Lines.Single(line => line.Number == Number(test.Match.Groups[1].Value)).Tests)));
    }

    private static IEnumerable<string> Named(string tests) => Name().Matches(tests).Select(match => match.Groups[1].Value);

    private static IEnumerable<string> Tests(IEnumerable<Type> types) =>
        from type in types
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        where method.IsDefined(typeof(FactAttribute), inherit: true)
        select $"{type.Name}.{method.Name}";

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\| (?<number>\d+) \|(\\\||[^|])*\| (?<meaning>(\\\||[^|])*) \|(?<tests>[^|]*)\|$", RegexOptions.ExplicitCapture)]
    private static partial Regex Line();

    [GeneratedRegex(@"^(\d+)\. ")]
    private static partial Regex Recorded();

    [GeneratedRegex(@"`(\w+\.\w+)`")]
    private static partial Regex Name();

    [GeneratedRegex(@"\.Fact_(\d\d)_")]
    private static partial Regex FactName();
}
