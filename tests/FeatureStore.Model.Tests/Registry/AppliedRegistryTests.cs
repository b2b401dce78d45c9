using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FeatureStore.Model.Tests.Registry;

/// <summary>What was declared once is remembered for as long as its data may be there.</summary>
public sealed class AppliedRegistryTests
{
    private const string Weather = """{"entities":{"airport":{"keys":{"origin":"string"}}},"views":{"weather":{"entity":"airport","features":{"temp":"float64","gusts":"int32"}}},"services":{"m":["weather:temp"]}}""";
    private const string WithoutViews = """{"entities":{"airport":{"keys":{"origin":"string"}}}}""";

    [Fact]
    public void Nothing_is_left_to_do_after_an_apply() => Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Registries.All, Registries.All, (first, second) =>
    {
        var applied = AppliedRegistry.None.Next(first, Rows.At(0));
        Assert.Empty(RegistryPlan.Of(applied, first));
        Assert.Equal(1, applied.Version);
        var next = applied.Next(second, Rows.At(0));
        Assert.Empty(RegistryPlan.Of(next, second));
        Assert.True(next.AppliedAt > applied.AppliedAt, "of two registries the one applied later is the newer, even by a clock that stands");
    }));

    [Theory]
    [InlineData("\"temp\":\"float64\"", "\"temp\":\"float64\"", null)]
    [InlineData("\"temp\":\"float64\"", "\"temp\":\"json\"", null)]
    [InlineData("\"temp\":\"float64\",", "", null)]
    [InlineData("\"temp\":\"float64\"", "\"temp\":\"int64\"", "'temp' was removed, but is still stored as float64, and would be misread as int64.")]
    [InlineData("\"origin\":\"string\"", "\"origin\":\"int64\"", "'weather' was declared before, and its rows are still stored, under the keys (origin: string).")]
    public void A_view_declared_again_is_held_to_what_its_rows_hold(string before, string after, string? refusal)
    {
        var removed = AppliedRegistry.None.Next(Read(Weather), Rows.At(0)).Next(Read("{}"), Rows.At(1)).Next(Read("{}"), Rows.At(2));
        var again = Read(Weather.Replace(before, after, StringComparison.Ordinal).Replace("\"weather:temp\"", "\"weather:gusts\"", StringComparison.Ordinal));
        Refuses(removed, again, refusal);
    }

    [Theory]
    [InlineData("float64", null)]
    [InlineData("string", "'gusts' was removed, but is still stored as int32, and would be misread as string.")]
    public void A_feature_declared_again_is_held_to_what_is_stored_of_it(string type, string? refusal)
    {
        var without = Read(Weather.Replace(",\"gusts\":\"int32\"", "", StringComparison.Ordinal));
        var removed = AppliedRegistry.None.Next(Read(Weather), Rows.At(0)).Next(without, Rows.At(1));
        var again = Read(Weather.Replace("\"gusts\":\"int32\"", $"\"gusts\":\"{type}\"", StringComparison.Ordinal));
        Refuses(removed, again, refusal);

        // Declared again and removed again, it is stored as either.
        if (refusal is null)
        {
            Assert.Equal(type, removed.Next(again, Rows.At(2)).Next(without, Rows.At(3)).Retired["weather"].Features["gusts"].ToString());
        }
    }

    [Fact]
    public void A_view_that_was_open_stays_so_for_whoever_declares_it_again()
    {
        var open = Read(Weather.Replace("\"entity\":\"airport\",", "\"entity\":\"airport\",\"open\":true,", StringComparison.Ordinal));
        var removed = AppliedRegistry.None.Next(open, Rows.At(0)).Next(Read(WithoutViews), Rows.At(1));
        Assert.Contains(RegistryPlan.Of(removed, Read(Weather)), change => change.Refusals.Any(refusal => refusal.Contains("open", StringComparison.Ordinal)));
        Assert.DoesNotContain(RegistryPlan.Of(removed, open), change => change.Refusals.Count > 0);
    }

    [Fact]
    public void A_services_version_counts_the_changes_of_its_features()
    {
        var first = AppliedRegistry.None.Next(Read(Weather), Rows.At(0));
        var same = first.Next(Read(Weather), Rows.At(1));
        var more = same.Next(Read(Weather.Replace("[\"weather:temp\"]", "[\"weather:temp\",\"weather:gusts\"]", StringComparison.Ordinal)), Rows.At(2));
        var gone = more.Next(Read(WithoutViews), Rows.At(3));
        var again = gone.Next(Read(Weather), Rows.At(4));
        Assert.Equal([1, 1, 2, 2, 3], new[] { first, same, more, gone, again }.Select(applied => applied.ServiceVersions["m"]));
        Assert.Equal([1, 2, 3, 4, 5], new[] { first, same, more, gone, again }.Select(applied => applied.Version));
    }

    private static void Refuses(AppliedRegistry applied, Model.Registry to, string? refusal)
    {
        var refusals = RegistryPlan.Of(applied, to).SelectMany(change => change.Refusals).ToList();
        if (refusal is null)
        {
            Assert.Empty(refusals);
        }
        else
        {
            Assert.StartsWith(refusal, Assert.Single(refusals), StringComparison.Ordinal);
            Assert.Contains("'weather@2'", refusals[0], StringComparison.Ordinal);
        }
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
