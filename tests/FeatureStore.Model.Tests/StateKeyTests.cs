using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FeatureStore.Model.Tests;

public sealed class StateKeyTests
{
    private static readonly Gen<string> AwkwardText =
        Gen.Elements("a", "b", "/", "|", "%", "2", "F", "ü", "é", "e\u0301", " ", "+", ".", "😀", "\u0000", "~", "\\", "?", "#")
            .NonEmptyListOf()
            .Select(parts => string.Concat(parts));

    [Theory]
    [InlineData("a/b", "default/a%2Fb")]
    [InlineData("a||b", "default/a%7C%7Cb")]
    [InlineData("ü", "default/%C3%BC")]
    [InlineData("%2F", "default/%252F")]
    [InlineData("%252F", "default/%25252F")]
    [InlineData("a b", "default/a%20b")]
    [InlineData("..", "default/..")]
    [InlineData("A-z_0.9~", "default/A-z_0.9~")]
    public void Keys_are_percent_encoded_outside_the_unreserved_characters(string id, string expected)
    {
        Assert.Equal(expected, StateKey.Encode("default", [id], []));
    }

    [Fact]
    public void No_two_entities_share_a_state_key()
    {
        var ids = AwkwardText.NonEmptyListOf().Select(keys => keys.ToList());
        var pairs = from a in ids from b in ids select (a, b);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(5000).WithEndSize(4), Prop.ForAll(pairs.ToArbitrary(), pair =>
            Assert.Equal(
                pair.a.SequenceEqual(pair.b),
                StateKey.Encode("v", pair.a, []) == StateKey.Encode("v", pair.b, []))));
    }

    [Fact]
    public void What_is_encoded_decodes_to_itself()
    {
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(AwkwardText.ToArbitrary(), text =>
        {
            var encoded = new StringBuilder();
            PercentEncoding.Append(encoded, text);
            Assert.True(PercentEncoding.TryDecode(encoded.ToString(), plusIsSpace: false, out var decoded));
            Assert.Equal(text, decoded);
        }));
    }

    [Theory]
    [InlineData("%")]
    [InlineData("a%2")]
    [InlineData("%zz")]
    [InlineData("%FF")]
    [InlineData("%C3")]
    public void What_is_no_encoding_of_text_is_not_decoded(string encoded)
    {
        Assert.False(PercentEncoding.TryDecode(encoded, plusIsSpace: false, out _));
    }

    [Fact]
    public void A_key_of_1_KiB_is_taken_and_one_over_is_refused()
    {
        var faults = new List<Fault>();
        Assert.NotNull(StateKey.Encode("v", [new string('k', StateKey.MaxLength - 2)], faults));
        Assert.Empty(faults);
        Assert.Null(StateKey.Encode("v", [new string('k', StateKey.MaxLength - 1)], faults));
        Assert.Equal(FaultKind.TooLarge, Assert.Single(faults).Kind);
    }

    [Theory]
    [InlineData("default", true)]
    [InlineData("airport_weather@2", true)]
    [InlineData("airport_weather@12", true)]
    [InlineData("airport_weather@0", false)]
    [InlineData("Airport", false)]
    [InlineData("1a", false)]
    [InlineData("a\n", false)]
    [InlineData("", false)]
    [InlineData("$registry", false)]
    public void View_names_are_checked(string name, bool expected) => Assert.Equal(expected, StateKey.IsViewName(name));

    [Fact]
    public void Empty_and_missing_ids_and_half_surrogates_are_refused()
    {
        foreach (var keys in new[] { Array.Empty<string>(), [""], ["a", ""], ["\ud800"] })
        {
            var faults = new List<Fault>();
            Assert.Null(StateKey.Encode("v", keys, faults));
            Assert.NotEmpty(faults);
        }
    }
}
