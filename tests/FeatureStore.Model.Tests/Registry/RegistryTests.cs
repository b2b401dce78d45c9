using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FeatureStore.Model.Tests.Registry;

/// <summary>A registry is the same after it was written and read, and a plan says what changes and what may not.</summary>
public sealed class RegistryTests
{
    private const string Weather = """{"entities":{"airport":{"keys":{"origin":"string"}}},"views":{"weather":{"entity":"airport","ttl":"3h","features":{"temp":"float64","gusts":"int32"}}},"services":{"m":["weather:temp"]}}""";

    [Fact]
    public void WhatIsWrittenIsReadBackAsTheSame() => Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Registries.All, registry =>
    {
        var read = Read(Encoding.UTF8.GetString(RegistryWriter.Write(registry).Span));
        Assert.Equal(registry, read);
        Assert.Empty(RegistryPlan.Of(registry, read));
        Assert.Equal(RegistryWriter.Write(registry).ToArray(), RegistryWriter.Write(read).ToArray());
    }));

    [Fact]
    public void APlanNamesEveryDifferenceAndNothingElse() => Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Registries.All, Registries.All, (from, to) =>
    {
        var plan = RegistryPlan.Of(from, to);
        Assert.Equal(from.Equals(to), plan.Count == 0);
        Assert.All(plan.Where(change => change.Kind == ChangeKind.Changed), change => Assert.NotEmpty(change.Details));
        Assert.Equal(to.Views.Keys.Except(from.Views.Keys), plan.Where(change => (change.What, change.Kind) == ("view", ChangeKind.Added)).Select(change => change.Name));
        Assert.Equal(from.Views.Keys.Except(to.Views.Keys), plan.Where(change => (change.What, change.Kind) == ("view", ChangeKind.Removed)).Select(change => change.Name));
    }));

    [Theory]
    [InlineData("\"temp\":\"float64\"", "\"temp\":\"float32\"", "'temp' is stored as float64 and would be misread as float32. Declare a new version of the view (such as 'weather@2') and serve both side by side.")]
    [InlineData("\"temp\":\"float64\"", "\"temp\":\"string\"", "'temp' is stored as float64 and would be misread as string.")]
    [InlineData("\"gusts\":\"int32\"", "\"gusts\":\"int64\"", null)]
    [InlineData("\"gusts\":\"int32\"", "\"gusts\":\"float64\"", null)]
    [InlineData("\"gusts\":\"int32\"", "\"gusts\":\"json\"", null)]
    [InlineData("\"gusts\":\"int32\"", "\"gusts\":\"list<int32>\"", "'gusts' is stored as int32 and would be misread as list<int32>.")]
    [InlineData(",\"gusts\":\"int32\"", "", null)]
    [InlineData("\"ttl\":\"3h\"", "\"ttl\":\"1h\"", null)]
    [InlineData("\"keys\":{\"origin\":\"string\"}", "\"keys\":{\"origin\":\"int64\"}", "Rows are stored under the keys (origin: string) and would not be found under (origin: int64).")]
    [InlineData("\"keys\":{\"origin\":\"string\"}", "\"keys\":{\"origin\":\"string\",\"runway\":\"string\"}", "Rows are stored under the keys")]
    public void WhatWouldMisreadStoredDataIsRefusedWithTheWayToDoIt(string before, string after, string? refusal)
    {
        var plan = RegistryPlan.Of(Read(Weather), Read(Weather.Replace(before, after, StringComparison.Ordinal)));
        var change = Assert.Single(plan);
        Assert.Equal(ChangeKind.Changed, change.Kind);
        if (refusal is null)
        {
            Assert.Empty(change.Refusals);
        }
        else
        {
            Assert.StartsWith(refusal, Assert.Single(change.Refusals), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("json", """{ "a" : [ 1.0, null ], "b":1e+400 }""", """{"a":[1.0,null],"b":1e+400}""")]
    [InlineData("string", """ "\u00fc\/" """, "\"ü/\"")]
    [InlineData("list<float64>", "[ 1.50, 2 ]", "[1.50,2]")]
    public void ADefaultKeepsWhatMeansSomething(string type, string value, string expected)
    {
        const string declared = """{"entities":{"a":{"keys":{"x":"string"}}},"views":{"v":{"entity":"a","features":{"f":{"type":"TYPE","default":VALUE}}}}}""";
        var registry = Read(declared.Replace("TYPE", type, StringComparison.Ordinal).Replace("VALUE", value, StringComparison.Ordinal));
        Assert.Equal(expected, registry.Views["v"].Features[0].Default);
    }

    [Fact]
    public void AViewThatWasOpenMayNotCloseUnderItsData()
    {
        const string open = """{"entities":{"a":{"keys":{"x":"string"}}},"views":{"v@3":{"entity":"a","open":true}}}""";
        var closed = Read(open.Replace("\"open\":true", "\"features\":{\"f\":\"int64\"}", StringComparison.Ordinal));
        var change = Assert.Single(RegistryPlan.Of(Read(open), closed));
        Assert.All(change.Refusals, refusal => Assert.Contains("'v@4'", refusal, StringComparison.Ordinal));
        Assert.NotEmpty(change.Refusals);
    }

    [Fact]
    public void ViewsAreFoundByEntityAndPushSource()
    {
        var registry = Read("""{"entities":{"a":{"keys":{"x":"string"}}},"views":{"w":{"entity":"a","open":true,"push_sources":["s"]},"v":{"entity":"a","open":true,"push_sources":["s","t"]}}}""");
        Assert.Equal(["v", "w"], registry.ViewsOf("a").Select(view => view.Name));
        Assert.Equal(["v", "w"], registry.PushedBy("s").Select(view => view.Name));
        Assert.Empty(registry.PushedBy("u"));
        Assert.False(registry.IsEmpty);
        Assert.True(Model.Registry.Empty.IsEmpty);
    }

    [Theory]
    [InlineData("90s", 90_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("500ms", 500)]
    [InlineData("7d", 604_800_000)]
    public void ALengthOfTimeIsWrittenAsPeopleTypeIt(string text, long milliseconds)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
        Assert.True(Duration.TryParse(Duration.Format(duration), out var again));
        Assert.Equal(duration, again);
    }

    private static Model.Registry Read(string json)
    {
        var faults = new List<RegistryFault>();
        using var document = JsonDocument.Parse(json);
        var registry = RegistryReader.Read(document.RootElement, faults);
        Assert.Empty(faults);
        return registry;
    }
}
