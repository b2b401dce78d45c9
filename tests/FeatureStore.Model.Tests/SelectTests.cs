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
            StoredRowReader.Select(document, wantedNames, selected);
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

    private static readonly Model.Registry Open = new(
        [new Entity("x", [new JoinKey("id", ScalarType.String)], Description.None)],
        [new FeatureView { Name = "v", Entity = "x", IsOpen = true, Features = [new Feature("e", new FeatureType(ScalarType.Float32, true), null, Description.None)] }],
        []);

    private static string Unescaped(string name) => System.Text.Json.JsonSerializer.Deserialize<string>($"\"{name}\"")!;
}
