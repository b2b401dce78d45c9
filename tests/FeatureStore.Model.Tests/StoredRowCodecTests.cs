using System.Text;
using Xunit;

namespace FeatureStore.Model.Tests;

public sealed class StoredRowCodecTests
{
    [Theory]
    [InlineData("1.0")]
    [InlineData("1e400")]
    [InlineData("-0")]
    [InlineData("9007199254740993")]
    [InlineData("0.1000000000000000055511151231257827")]
    [InlineData("\"42\"")]
    [InlineData("\"\"")]
    [InlineData("\"a\\u0041\\n\\/\\\"\"")]
    [InlineData("\"😀 ü \u2028\"")]
    [InlineData("\"\\ud800\"")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("{}")]
    [InlineData("{ \"b\" : [ 1.0 , {\"a\":null} ] }")]
    public void A_value_keeps_its_exact_text(string value)
    {
        var document = StoredRowCodec.Encode(StoredRow.Empty.Apply(Rows.Merge("f", value), Rows.Stamp(1), 1), Rows.At(1), Timestamp.Never);
        Assert.True(StoredRowReader.TryReadLive(document, Rows.At(1), out var features));
        Assert.Equal("{\"f\":" + value + "}", Rows.Text(features));
        Assert.Equal(value, Rows.Text(StoredRowReader.Decode(document).Entries[0].Value));
    }

    [Theory]
    [InlineData("a\"b\\c")]
    [InlineData("😀")]
    [InlineData("tab\tnew\nline")]
    [InlineData("v")]
    [InlineData("features")]
    public void A_name_comes_back_as_it_was(string name)
    {
        var state = StoredRow.Empty
            .Apply(Rows.Row(RowOperation.Merge, [(name, "1"), ("z", "2")]), Rows.Stamp(1), 1)
            .Apply(Rows.Merge(name, "3", ttlSeconds: 60), Rows.Stamp(2), 2);
        var decoded = StoredRowReader.Decode(StoredRowCodec.Encode(state, Rows.At(2), Timestamp.Never));
        Assert.Contains(decoded.Entries.ToArray(), entry => Rows.Text(entry.Name) == name && Rows.Text(entry.Value) == "3");
    }

    [Fact]
    public void The_document_is_readable_and_says_per_feature_only_what_differs()
    {
        var state = StoredRow.Empty
            .Apply(Rows.Row(RowOperation.Replace, [("temp", "39.0"), ("wind", "8.05"), ("visib", "10.0")], ttlSeconds: 3600), Rows.Stamp(0), 0)
            .Apply(Rows.Merge("wind", "9.5"), Rows.Stamp(60), 60)
            .Apply(Rows.Row(RowOperation.Delete, [("gust", "")]), Rows.Stamp(60), 60);
        Assert.Equal(
            """
            {"v":1,"floor":{"op":"replace","event_timestamp":"2026-11-23T10:00:00Z","created_timestamp":"2026-11-23T10:00:00Z","kept_until":"2026-11-30T10:00:00Z"},"event_timestamp":"2026-11-23T10:00:00Z","created_timestamp":"2026-11-23T10:00:00Z","expires_at":"2026-11-23T11:00:00Z","differs":[{"event_timestamp":"2026-11-23T10:01:00Z","expires_at":null,"features":["wind"]}],"deleted":[{"event_timestamp":"2026-11-23T10:01:00Z","created_timestamp":"2026-11-23T10:00:00Z","kept_until":"2026-11-30T10:01:00Z","features":["gust"]}],"features":{"temp":39.0,"visib":10.0,"wind":9.5}}
            """,
            Encoding.UTF8.GetString(StoredRowCodec.Encode(state, Rows.At(60), Timestamp.Never)));
    }

    [Fact]
    public void A_newer_format_is_refused_by_its_number()
    {
        var e = Assert.Throws<StoredRowFormatException>(() => StoredRowReader.Decode("""{"v":3,"features":{}}"""u8.ToArray()));
        Assert.Contains("version 3", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("hello")]
    [InlineData("""{"v":"1"}""")]
    [InlineData("""{"v":1}""")]
    [InlineData("""{"v":1,"features":[]}""")]
    [InlineData("""{"v":1,"surprise":1,"features":{}}""")]
    [InlineData("""{"v":1,"event_timestamp":"soon","features":{}}""")]
    [InlineData("""{"v":1,"differs":{"x":{}},"features":{}}""")]
    public void A_foreign_document_is_refused(string document)
    {
        Assert.Throws<StoredRowFormatException>(() => StoredRowReader.Decode(Encoding.UTF8.GetBytes(document)));
    }

    [Fact]
    public void The_end_that_the_store_is_told_stands_in_the_document()
    {
        var state = StoredRow.Empty.Apply(Rows.Merge("a", "1", ttlSeconds: 10), Rows.Stamp(0), 0);
        StoredRowReader.Decode(StoredRowCodec.Encode(state, Rows.At(0), Rows.At(70)), out var keptUntil);
        Assert.Equal(Rows.At(70), keptUntil);
        StoredRowReader.Decode(StoredRowCodec.Encode(state, Rows.At(0), Timestamp.Never), out keptUntil);
        Assert.Equal(Timestamp.Never, keptUntil);
    }

    [Fact]
    public void Thousands_of_features_that_expire_together_take_no_more_room_than_when_they_lived()
    {
        var row = Rows.Row(RowOperation.Merge, Enumerable.Range(0, 8000).Select(i => ($"f{i}", "1")), ttlSeconds: 10);
        var live = StoredRow.Empty.Apply(row, Rows.Stamp(0), 0);
        var expired = live.Apply(Rows.Merge("x", "1"), Rows.Stamp(20), 20);
        Assert.Equal(8000, expired.Entries.ToArray().Count(entry => entry.Kind == EntryKind.Expired));
        Assert.True(StoredRowCodec.Encode(expired, Rows.At(20), Timestamp.Never).Length < StoredRowCodec.Encode(live, Rows.At(0), Timestamp.Never).Length + 1000);
        Assert.Equal("""{"x":1}""", expired.Live(20));
    }

    [Fact]
    public void Live_features_are_not_copied_once_one_of_them_has_expired()
    {
        var state = StoredRow.Empty
            .Apply(Rows.Merge("a", "1"), Rows.Stamp(0), 0)
            .Apply(Rows.Merge("b", "1", ttlSeconds: 10), Rows.Stamp(0), 0);
        var document = StoredRowCodec.Encode(state, Rows.At(0), Timestamp.Never);
        Assert.True(StoredRowReader.TryReadLive(document, Rows.At(9.999999), out _));
        Assert.False(StoredRowReader.TryReadLive(document, Rows.At(10), out _));
    }
}
