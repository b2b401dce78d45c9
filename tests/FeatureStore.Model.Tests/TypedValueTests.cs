using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FeatureStore.Model.Tests;

/// <summary>A value of any type comes out of the store as it went in.</summary>
public sealed class TypedValueTests
{
    private static readonly Gen<string> Doubles = ArbMap.Default.GeneratorFor<double>().Where(double.IsFinite)
        .SelectMany(value => Gen.Elements(value.ToString("R", CultureInfo.InvariantCulture), value.ToString("E17", CultureInfo.InvariantCulture)));

    private static readonly Gen<string> Singles = ArbMap.Default.GeneratorFor<float>().Where(float.IsFinite)
        .Select(value => value.ToString("R", CultureInfo.InvariantCulture));

    [Fact]
    public void What_a_declared_view_takes_is_stored_and_read_back_as_the_same() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(3000),
        Prop.ForAll(Arb.From(from type in Gen.Elements(FeatureType.Names.ToArray()) from value in Value(Parse(type)) select (type, value)), given =>
        {
            var registry = Registry(given.type);
            var faults = new List<Fault>();
            var row = RowReader.Read(Encoding.UTF8.GetBytes($$$"""{"view":"v","entity_id":"a","features":{"f":{{{given.value}}},"g":[0.5]}}"""), new RowContext(Timestamp.Never) { Registry = registry }, faults);
            Assert.Empty(faults);

            var stored = StoredRow.Of(row!, Rows.Stamp(0, 0), Rows.At(0), new Lateness());
            var document = StoredRowCodec.Encode(stored, Rows.At(0), Timestamp.Never);
            JsonDocument.Parse(document).Dispose();
            var read = StoredRowReader.Decode(document);

            Assert.Equal(2, read.Entries.Length);
            Assert.Equal(0, read.Entries[0].CompareTo(stored.Entries[0]));
            var served = read.Entries[0].IsVector ? VectorText.Expand(read.Entries[0].Value.Span) : read.Entries[0].Value;
            Same(Parse(given.type), given.value, Encoding.UTF8.GetString(served.Span));
            // Written again, the document is the same to the byte.
            Assert.Equal(document, StoredRowCodec.Encode(read, Rows.At(0), Timestamp.Never));
        }));

    [Fact]
    public void A_vector_is_stored_in_half_the_room_and_read_as_the_shortest_text() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(500),
        Prop.ForAll(Arb.From(ArbMap.Default.GeneratorFor<float>().Where(float.IsFinite).ListOf()), elements =>
        {
            var text = $"[{string.Join(" , ", elements.Select(element => ((double)element).ToString("R", CultureInfo.InvariantCulture)))}]";
            var stored = VectorText.Compact(Encoding.UTF8.GetBytes(text));
            Assert.Equal(2 + (4 * ((elements.Count * 4 + 2) / 3)), stored.Length);
            var read = Encoding.UTF8.GetString(VectorText.Expand(stored.Span).Span);
            Assert.Equal($"[{string.Join(",", elements.Select(element => element.ToString("R", CultureInfo.InvariantCulture)))}]", read);
            Assert.Equal(stored.ToArray(), VectorText.Compact(Encoding.UTF8.GetBytes(read)).ToArray());

            var pointed = new ArrayBufferWriter<byte>();
            VectorText.Expand(stored.Span, pointed, keepsPoint: true);
            using var parsed = JsonDocument.Parse(pointed.WrittenMemory);
            Assert.All(parsed.RootElement.EnumerateArray(), element => Assert.Matches("[.E]", element.GetRawText()));
            Assert.Equal(elements, parsed.RootElement.EnumerateArray().Select(element => element.GetSingle()));
        }));

    [Theory]
    [InlineData("")]
    [InlineData("\"AAA=\"")]
    [InlineData("\"no base64\"")]
    public void What_is_no_vector_is_said_to_be_none(string stored) =>
        Assert.Throws<StoredRowFormatException>(() => VectorText.Expand(Encoding.UTF8.GetBytes(stored)));

    [Fact]
    public void A_row_without_vectors_is_written_as_older_readers_know_it()
    {
        var plain = Row("""{"f":1.5}""", "float32");
        Assert.StartsWith("{\"v\":1,", Encoding.UTF8.GetString(plain), StringComparison.Ordinal);
        var vector = Encoding.UTF8.GetString(Row("""{"f":[1.5]}""", "list<float32>"));
        Assert.StartsWith("{\"v\":2,", vector, StringComparison.Ordinal);
        Assert.EndsWith("""
            "vectors":["f"],"features":{"f":"AADAPw=="}}
            """, vector, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vector_of_more_than_4096_elements_is_refused()
    {
        var faults = new List<Fault>();
        string Body(int count) => $$$"""{"view":"v","entity_id":"a","features":{"f":[{{{string.Join(',', Enumerable.Repeat("1", count))}}}]}}""";
        var context = new RowContext(Timestamp.Never) { Registry = Registry("list<float32>") };
        Assert.NotNull(RowReader.Read(Encoding.UTF8.GetBytes(Body(4096)), context, faults));
        Assert.Null(RowReader.Read(Encoding.UTF8.GetBytes(Body(4097)), context, faults));
        Assert.Equal("'f' is list<float32>: a list of float32 may have 4096 elements.", Assert.Single(faults).Detail);
    }

    private static byte[] Row(string features, string type)
    {
        var row = RowReader.Read(Encoding.UTF8.GetBytes($$"""{"view":"v","entity_id":"a","features":{{features}}}"""), new RowContext(Timestamp.Never) { Registry = Registry(type) }, []);
        return StoredRowCodec.Encode(StoredRow.Of(row!, Rows.Stamp(0, 0), Rows.At(0), new Lateness()), Rows.At(0), Timestamp.Never);
    }

    private static Model.Registry Registry(string type) => new(
        [new Entity("e", [new JoinKey("id", ScalarType.String)], Description.None)],
        [new FeatureView { Name = "v", Entity = "e", Features = [new Feature("f", Parse(type), null, Description.None), new Feature("g", Parse("list<float64>"), null, Description.None)] }],
        []);

    private static FeatureType Parse(string text) => FeatureType.TryParse(text, out var type) ? type : throw new ArgumentException(text);

    private static Gen<string> Value(FeatureType type) => Gen.Frequency(
        (1, Gen.Constant("null")),
        (9, type.IsList ? Scalar(type.Scalar).ListOf().Select(elements => $"[{string.Join(",", elements)}]") : Scalar(type.Scalar)));

    private static Gen<string> Scalar(ScalarType type) => type switch
    {
        ScalarType.Bool => Gen.Elements("true", "false"),
        ScalarType.Int32 => ArbMap.Default.GeneratorFor<int>().Select(value => value.ToString(CultureInfo.InvariantCulture)),
        ScalarType.Int64 => ArbMap.Default.GeneratorFor<long>().Or(Gen.Elements(long.MinValue, long.MaxValue, 9007199254740993)).Select(value => value.ToString(CultureInfo.InvariantCulture)),
        ScalarType.Float32 => Singles,
        ScalarType.Float64 => Doubles,
        ScalarType.Bytes => ArbMap.Default.GeneratorFor<byte[]>().Select(bytes => $"\"{Convert.ToBase64String(bytes)}\""),
        ScalarType.Timestamp => Gen.Choose(-2_000_000_000, 2_000_000_000).Select(seconds => $"\"{new Timestamp(seconds * 1_000_003L)}\""),
        ScalarType.String => ArbMap.Default.GeneratorFor<UnicodeString>().Select(text => JsonSerializer.Serialize(text.Get)),
        _ => Gen.Elements("{}", "[1.0,null,{\"a\":\"\\u00fc\"}]", "1e400", "\"x\""),
    };

    /// <summary>The text that went in; of a vector's elements the shortest that is the same float32.</summary>
    private static void Same(FeatureType type, string given, string served)
    {
        if (!type.IsVector || given == "null")
        {
            Assert.Equal(given, served);
            return;
        }

        using var before = JsonDocument.Parse(given);
        using var after = JsonDocument.Parse(served);
        Assert.Equal(before.RootElement.EnumerateArray().Select(element => element.GetSingle()), after.RootElement.EnumerateArray().Select(element => element.GetSingle()));
    }
}
