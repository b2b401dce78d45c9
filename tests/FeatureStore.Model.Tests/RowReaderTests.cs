using System.Text;
using Xunit;

namespace FeatureStore.Model.Tests;

public sealed class RowReaderTests
{
    private static readonly RowContext Context = new(Latest: Rows.At(300));

    [Fact]
    public void A_full_row_is_read()
    {
        var row = Read("""{"view":"airport_weather","entity_id":"EWR","op":"replace","event_timestamp":"2026-11-23T10:00:00Z","created_timestamp":"2026-11-23T10:00:01.5Z","ttl_seconds":3600,"features":{"wind":8.05,"temp":39.0}}""")!;
        Assert.Equal("airport_weather/EWR", row.StateKey);
        Assert.Equal(RowOperation.Replace, row.Operation);
        Assert.Equal(Rows.At(0), row.EventTimestamp);
        Assert.Equal(Rows.At(1.5), row.CreatedTimestamp);
        Assert.Equal(3_600_000_000, row.TtlMicroseconds);
        Assert.Equal(["temp=39.0", "wind=8.05"], row.Features.Select(f => $"{Rows.Text(f.Name)}={Rows.Text(f.Value)}"));
    }

    [Fact]
    public void All_but_the_id_and_features_is_optional_and_null_is_as_good_as_absent()
    {
        var row = Read("""{"entity_id":7,"features":{"a":null},"event_timestamp":null,"created_timestamp":null,"ttl_seconds":null}""")!;
        Assert.Equal(("default/7", RowOperation.Merge, null, null, null), (row.StateKey, row.Operation, row.EventTimestamp, row.CreatedTimestamp, row.TtlMicroseconds));
    }

    [Fact]
    public void A_time_may_be_escaped_as_some_writers_do() => Assert.Equal(
        Read("""{"entity_id":"a","features":{"x":1},"event_timestamp":"2026-11-23T10:00:00+02:00"}""")!.EventTimestamp,
        Read("""{"entity_id":"a","features":{"x":1},"event_timestamp":"2026-11-23T10\u003a00:00\u002B02:00"}""")!.EventTimestamp);

    [Fact]
    public void The_time_of_the_cloudevent_stands_in_for_missing_stamps()
    {
        var row = RowReader.Read("""{"entity_id":"a","features":{"x":1}}"""u8.ToArray(), Context with { EventTimestamp = Rows.At(-9) }, [])!;
        Assert.Equal((Rows.At(-9), Rows.At(-9)), (row.EventTimestamp, row.CreatedTimestamp));
    }

    [Fact]
    public void Composite_keys_are_read_in_order() =>
        Assert.Equal("v/a%2F/1", Read("""{"view":"v","keys":["a/",1],"features":{"x":1}}""")!.StateKey);

    [Fact]
    public void A_delete_names_features_or_none()
    {
        Assert.Empty(Read("""{"entity_id":"a","op":"delete"}""")!.Features);
        Assert.Equal(["x", "y"], Read("""{"entity_id":"a","op":"delete","features":["y","x"]}""")!.Features.Select(f => Rows.Text(f.Name)));
    }

    [Theory]
    [InlineData("", FaultKind.Malformed)]
    [InlineData("{", FaultKind.Malformed)]
    [InlineData("[]", FaultKind.Malformed)]
    [InlineData("""{"entity_id":"a","features":{"x":NaN}}""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":"a","features":{"x":1}} trailing""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":"a","features":{"x":1,"x":2}}""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":"a","features":{"x":1,"\u0078":2}}""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":"a","features":{"x":{"n":1,"n":2}}}""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":"a","entity_id":"b","features":{"x":1}}""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":"a","keys":["a"],"features":{"x":1}}""", FaultKind.Malformed)]
    [InlineData("""{"features":{"x":1}}""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":"","features":{"x":1}}""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":1.5,"features":{"x":1}}""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":null,"features":{"x":1}}""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":"\ud800","features":{"x":1}}""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":"a","\ud800":1,"features":{"x":1}}""", FaultKind.Malformed)]
    [InlineData("""{"keys":[],"features":{"x":1}}""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":"a"}""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":"a","features":[]}""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":"a","features":{}}""", FaultKind.Invalid)]
    [InlineData("""{"entity_id":"a","features":{"":1}}""", FaultKind.Invalid)]
    [InlineData("""{"entity_id":"a","feature":{"x":1},"features":{"x":1}}""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":"a","op":"upsert","features":{"x":1}}""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":"a","op":"delete","features":{"x":1}}""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":"a","op":"delete","features":[]}""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":"a","op":"delete","ttl_seconds":5}""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":"a","view":"No View","features":{"x":1}}""", FaultKind.Invalid)]
    [InlineData("""{"entity_id":"a","ttl_seconds":0,"features":{"x":1}}""", FaultKind.Invalid)]
    [InlineData("""{"entity_id":"a","ttl_seconds":"5","features":{"x":1}}""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":"a","event_timestamp":"2026-11-23","features":{"x":1}}""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":"a","event_timestamp":1763892000,"features":{"x":1}}""", FaultKind.Malformed)]
    [InlineData("""{"entity_id":"a","event_timestamp":"2026-11-23T11:00:00Z","features":{"x":1}}""", FaultKind.Invalid)]
    [InlineData("""{"entity_id":"a","created_timestamp":"2026-11-23T11:00:00Z","features":{"x":1}}""", FaultKind.Invalid)]
    public void A_bad_row_is_refused(string json, FaultKind kind)
    {
        var faults = new List<Fault>();
        Assert.Null(RowReader.Read(Encoding.UTF8.GetBytes(json), Context, faults));
        Assert.Equal(kind, Assert.Single(faults).Kind);
    }

    [Fact]
    public void Every_fault_is_listed_not_only_the_first()
    {
        var faults = new List<Fault>();
        Assert.Null(RowReader.Read(
            """{"entity_id":{},"view":"X","op":"x","ttl_seconds":-1,"event_timestamp":"x","unknown":1,"features":{"a":1,"a":2}}"""u8.ToArray(), Context, faults));
        Assert.Equal(["a", "entity_id", "event_timestamp", "op", "ttl_seconds", "unknown"], faults.Select(fault => fault.Member).Order());
    }

    [Fact]
    public void Text_that_is_not_utf8_is_refused()
    {
        var faults = new List<Fault>();
        Assert.Null(RowReader.Read(new byte[] { (byte)'{', 0xFF, (byte)'}' }, Context, faults));
        Assert.Single(faults);
    }

    private static IncomingRow? Read(string json)
    {
        var faults = new List<Fault>();
        var row = RowReader.Read(Encoding.UTF8.GetBytes(json), Context, faults);
        Assert.Empty(faults);
        return row;
    }
}
