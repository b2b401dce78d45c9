using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FeatureStore.Model.Tests;

/// <summary>Some features of a row are what the whole row says of them.</summary>
public sealed class SelectTests
{
    private static readonly Lateness Lateness = new();
    private static readonly string[] Names = ["a", "b", "c \\\"quoted\\\"", "d\\u00fc", "e"];

    [Fact]
    public void Selecting_equals_decoding_and_looking_up()
    {
        var rows = from operation in Gen.Elements(RowOperation.Merge, RowOperation.Merge, RowOperation.Replace, RowOperation.Delete)
                   from seconds in Gen.Choose(0, 5)
                   from ttl in Gen.Elements<double?>(null, 2, 20)
                   from names in Gen.SubListOf(Names)
                   from value in Gen.Elements("1.0", "[0.5,1]", "null", "{\"n\":[{}]}")
                   where operation != RowOperation.Merge || names.Count > 0
                   select (operation, seconds, ttl, names, value);
        var cases = from list in rows.NonEmptyListOf() from wanted in Gen.SubListOf([.. Names, "absent"]) select (list, wanted);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var state = StoredRow.Empty;
            foreach (var (operation, seconds, ttl, names, value) in c.list)
            {
                var features = string.Join(',', names.Select(name => operation == RowOperation.Delete ? $"\"{name}\"" : $"\"{name}\":{(name == "e" && value[0] != '[' ? "[1,2.5]" : value)}"));
                var body = operation == RowOperation.Delete
                    ? names.Count == 0 ? "" : $",\"features\":[{features}]"
                    : $",\"features\":{{{features}}}{(ttl is { } given ? FormattableString.Invariant($",\"ttl_seconds\":{given}") : "")}";
                var faults = new List<Fault>();
                var row = RowReader.Read(Encoding.UTF8.GetBytes($"{{\"view\":\"v\",\"entity_id\":\"x\",\"op\":\"{operation.ToString().ToLowerInvariant()}\"{body}}}"), new RowContext(Timestamp.Never) { Registry = Open }, faults);
                Assert.Empty(faults);
                state = StoredRow.Join(state.At(Rows.At(seconds), Lateness), StoredRow.Of(row!, Rows.Stamp(seconds, 0), Rows.At(seconds), Lateness));
            }

            var document = StoredRowCodec.Encode(state.At(Rows.At(4), Lateness), Rows.At(4), Timestamp.Never);
            var wantedNames = c.wanted.Select(Unescaped).OrderBy(name => name, StringComparer.Ordinal).Select(name => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(name)).ToArray();
            var selected = new FeatureEntry[wantedNames.Length];
            FeatureSelector.Select(document, wantedNames, selected);
            var values = new ReadOnlyMemory<byte>[wantedNames.Length];
            if (FeatureSelector.TrySelectShared(document, Rows.At(4), wantedNames, values, out var stamp, out var expiry))
            {
                Assert.True(expiry > Rows.At(4));
                for (var i = 0; i < values.Length; i++)
                {
                    Assert.Equal(selected[i].Name.IsEmpty, values[i].IsEmpty);
                    Assert.True(values[i].IsEmpty || (EntryKind.Value, stamp, expiry, false) == (selected[i].Kind, selected[i].Stamp, selected[i].Expiry, selected[i].IsVector));
                    Assert.Equal(Encoding.UTF8.GetString(selected[i].Value.Span), Encoding.UTF8.GetString(values[i].Span));
                }
            }

            var whole = StoredRowReader.Decode(document).Entries.ToArray();
            for (var i = 0; i < selected.Length; i++)
            {
                var expected = whole.Where(entry => entry.Name.Span.SequenceEqual(wantedNames[i].Span)).ToList();
                Assert.Equal(expected.Count == 0, selected[i].Name.IsEmpty);
                Assert.All(expected, entry =>
                {
                    Assert.Equal(0, entry.CompareTo(selected[i]));
                    Assert.Equal((entry.Kind, entry.KeptUntil, entry.IsVector), (selected[i].Kind, selected[i].KeptUntil, selected[i].IsVector));
                });
            }
        }));
    }

    [Theory]
    [InlineData("""{"a":1,"b":"x","c":[1,{"d":"]"}],"e":null}""", "a=1 b=\"x\" c=[1,{\"d\":\"]\"}] e=null")]
    [InlineData("""{ "a" : 1 , "b" : "\"," , "c" : "\\" }""", """a=1 b="\"," c="\\" """)]
    [InlineData("{}", "")]
    public void Values_are_found_whatever_they_hold(string features, string expected)
    {
        var document = Encoding.UTF8.GetBytes($$"""{"v":1,"event_timestamp":"2026-11-23T10:00:00Z","created_timestamp":"2026-11-23T10:00:00Z","features":{{features}}}""");
        var entries = StoredRowReader.Decode(document).Entries.ToArray();
        Assert.Equal(expected.Trim(), string.Join(' ', entries.Select(entry => $"{Encoding.UTF8.GetString(entry.Name.Span)}={Encoding.UTF8.GetString(entry.Value.Span)}")));
        var names = entries.Select(entry => entry.Name).ToArray();
        var values = new ReadOnlyMemory<byte>[names.Length];
        Assert.True(FeatureSelector.TrySelectShared(document, Rows.At(4), names, values, out _, out _));
        Assert.Equal(entries.Select(entry => entry.Value.ToArray()), values.Select(value => value.ToArray()));
    }

    [Theory]
    [InlineData("""{"a":1,}""")]
    [InlineData("""{"a":1"b":2}""")]
    [InlineData("""{"a"1}""")]
    [InlineData("""{"a":}""")]
    [InlineData("""{"a":1}}""")]
    [InlineData("""{"a":"x}""")]
    [InlineData("""{"a":[1}""")]
    [InlineData("""{"a\""")]
    [InlineData("""[1]""")]
    public void Features_that_are_no_object_are_refused(string features)
    {
        var document = Encoding.UTF8.GetBytes($$"""{"v":1,"event_timestamp":"2026-11-23T10:00:00Z","created_timestamp":"2026-11-23T10:00:00Z","features":{{features}}}""");
        Assert.Throws<StoredRowFormatException>(() => StoredRowReader.Decode(document));
        Assert.Throws<StoredRowFormatException>(() => FeatureSelector.Select(document, new ReadOnlyMemory<byte>[] { "z"u8.ToArray() }, new FeatureEntry[1]));
    }

    private static readonly Model.Registry Open = new(
        [new Entity("x", [new JoinKey("id", ScalarType.String)], Description.None)],
        [new FeatureView { Name = "v", Entity = "x", IsOpen = true, Features = [new Feature("e", new FeatureType(ScalarType.Float32, true), null, Description.None)] }],
        []);

    private static string Unescaped(string name) => System.Text.Json.JsonSerializer.Deserialize<string>($"\"{name}\"")!;
}
