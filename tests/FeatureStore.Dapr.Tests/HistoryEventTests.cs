using System.Buffers;
using System.Text;
using FeatureStore.Model;
using Xunit;

namespace FeatureStore.Dapr.Tests;

/// <summary>Rows come out of an event as they went in.</summary>
public sealed class HistoryEventTests
{
    [Fact]
    public void Every_value_keeps_its_text_be_it_of_several_lines()
    {
        AcceptedRow[] rows =
        [
            Row(RowOperation.Merge, ("a", "{\n \"b\": [1.0,\r\n 2]\n}"), ("ä\"\n", "\"\\n\\ud800\""), ("v", "\"zczMPQ==\"")),
            Row(RowOperation.Replace) with { EventId = "an \"id\"", TtlMicroseconds = 1_000 },
            Row(RowOperation.Delete, ("a", ""), ("b", "")),
            Row(RowOperation.Delete),
        ];
        rows[0].Features[2] = rows[0].Features[2] with { IsVector = true };
        var output = new ArrayBufferWriter<byte>();
        HistoryEvent.Write(rows, output);
        var read = HistoryEvent.Read(output.WrittenMemory);
        Assert.Equal(rows.Select(Text), read.Select(Text));
        Assert.Throws<FormatException>(() => HistoryEvent.Read(output.WrittenMemory[..^20]));
        Assert.Throws<FormatException>(() => HistoryEvent.Read(Encoding.UTF8.GetBytes("""{"v":2,"rows":0}""")));
        Assert.Throws<FormatException>(() => HistoryEvent.Read(Encoding.UTF8.GetBytes("""{"v":1,"rows":1}""")));
        Assert.Throws<FormatException>(() => HistoryEvent.Read(default));
    }

    private static string Text(AcceptedRow row) => string.Join(
        '|', row.StateKey, row.Operation, row.Stamp, row.AcceptedAt, row.TtlMicroseconds, row.EventId,
        string.Join(',', row.Features.Select(feature => $"{Encoding.UTF8.GetString(feature.Name.Span)}={Encoding.UTF8.GetString(feature.Value.Span)} {feature.IsVector}")));

    private static AcceptedRow Row(RowOperation operation, params (string Name, string Json)[] features) => new()
    {
        StateKey = "things/a%2Fb",
        Operation = operation,
        Stamp = new Stamp(new Timestamp(5), new Timestamp(-6)),
        AcceptedAt = new Timestamp(7),
        Features = [.. features.Select(one => new FeatureValue(Encoding.UTF8.GetBytes(one.Name), Encoding.UTF8.GetBytes(one.Json)))],
    };
}
