using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using FeatureStore.Cli.Tests.Up;

namespace FeatureStore.Cli.Tests.Ingest;

/// <summary>Arrow IPC, from the file through the whole store to what is read back.</summary>
public sealed class ArrowTests(DeclaredStore store)
{
    /// <summary>One row of every type, with what it is when it is read back.</summary>
    private static readonly (IArrowArray Array, string Json)[] Values =
    [
        (new NullArray(1), "null"),
        (new BooleanArray.Builder().Append(true).Build(), "true"),
        (new Int8Array.Builder().Append(-128).Build(), "-128"),
        (new Int16Array.Builder().Append(-32768).Build(), "-32768"),
        (new Int32Array.Builder().Append(int.MinValue).Build(), "-2147483648"),
        (new Int64Array.Builder().Append(9007199254740993).Build(), "9007199254740993"),
        (new UInt8Array.Builder().Append(255).Build(), "255"),
        (new UInt16Array.Builder().Append(65535).Build(), "65535"),
        (new UInt32Array.Builder().Append(uint.MaxValue).Build(), "4294967295"),
        (new UInt64Array.Builder().Append(ulong.MaxValue).Build(), "18446744073709551615"),
        (new HalfFloatArray.Builder().Append((Half)0.5f).Build(), "0.5"),
        (new FloatArray.Builder().Append(0.1f).Build(), "0.1"),
        (new DoubleArray.Builder().Append(1).Build(), "1.0"),
        (new StringArray.Builder().Append("é\"").Build(), "\"é\\\"\""),
        (new StringViewArray.Builder().Append("a text that is longer than twelve bytes").Build(), "\"a text that is longer than twelve bytes\""),
        (new BinaryArray.Builder().Append([0xAA, 0xBB]).Build(), "\"qrs=\""),
        (new Decimal32Array.Builder(new Decimal32Type(5, 2)).Append(-0.05m).Build(), "-0.05"),
        (new Decimal64Array.Builder(new Decimal64Type(10, 2)).Append(12.5m).Build(), "12.50"),
        (new Decimal128Array.Builder(new Decimal128Type(38, 3)).Append("12345678901234567890123456789012345.678").Build(), "12345678901234567890123456789012345.678"),
        (new Decimal256Array.Builder(new Decimal256Type(40, 1)).Append("-123456789012345678901234567890123456789.5").Build(), "-123456789012345678901234567890123456789.5"),
        (new Date32Array.Builder().Append(new DateOnly(2026, 11, 23)).Build(), "\"2026-11-23\""),
        (new Date64Array.Builder().Append(new DateOnly(1969, 12, 31)).Build(), "\"1969-12-31\""),
        (new Time32Array.Builder(new Time32Type(TimeUnit.Second)).Append(36_000).Build(), "\"10:00:00\""),
        (new Time64Array.Builder(new Time64Type(TimeUnit.Nanosecond)).Append(36_000_000_000_001).Build(), "\"10:00:00.000000001\""),
        (Times(TimeUnit.Second, null, 1_795_428_000), "\"2026-11-23T10:00:00Z\""),
        (Times(TimeUnit.Millisecond, "+02:00", 1_795_428_000_123), "\"2026-11-23T10:00:00.123Z\""),
        (Times(TimeUnit.Microsecond, "UTC", -1), "\"1969-12-31T23:59:59.999999Z\""),
        (Times(TimeUnit.Nanosecond, null, 1_795_428_000_123_456_789), "\"2026-11-23T10:00:00.123456Z\""),
        (List(new Int64Array.Builder().Append(1).AppendNull().Build()), "[1,null]"),
        (new DictionaryArray(
            new DictionaryType(Int8Type.Default, StringType.Default, false), new Int8Array.Builder().Append(1).Build(),
            new StringArray.Builder().Append("a").Append("b").Build()), "\"b\""),
        (new StructArray(
            new StructType([new Field("x", DoubleType.Default, true), new Field("y", StringType.Default, true)]), 1,
            [new DoubleArray.Builder().Append(0.5).Build(), new StringArray.Builder().AppendNull().Build()], ArrowBuffer.Empty), "{\"x\":0.5,\"y\":null}"),
        (Map(), "{\"k\":7,\"l\":null}"),
        (FixedList(), "[0.1,0.2]"),
        (new BinaryViewArray.Builder().Append([0xAA]).Build(), "\"qg==\""),
        (new LargeStringArray(1, Offsets(0L, 3L), Text("abc"), ArrowBuffer.Empty), "\"abc\""),
        (new LargeBinaryArray(LargeBinaryType.Default, 1, Offsets(0L, 1L), Text("a"), ArrowBuffer.Empty), "\"YQ==\""),
        (new LargeListArray(new LargeListType(Int64Type.Default), 1, Offsets(0L, 1L), new Int64Array.Builder().Append(5).Build(), ArrowBuffer.Empty), "[5]"),
        (new ListViewArray.Builder(Int64Type.Default).Append().Build(), "[]"),
    ];

    [Theory]
    [InlineData("types.arrow", false, null)]
    [InlineData("types.feather", false, CompressionCodecType.Lz4Frame)]
    [InlineData("types.ipc", false, CompressionCodecType.Zstd)]
    [InlineData("types.arrows", true, null)]
    [InlineData("stream.arrow", true, CompressionCodecType.Zstd)]
    public async Task EveryTypeIsReadBackAsItWas(string name, bool asStream, CompressionCodecType? compression)
    {
        using var folder = new TemporaryFolder();
        var batch = Batch([("id", new StringArray.Builder().Append(name).Build()), .. Values.Select((value, i) => ($"c{i:00}", value.Array))]);
        var run = await store.RunAsync("ingest", folder.Arrow(name, [batch], asStream, compression), "--view", "anything");
        Assert.True(run.Exit == 0, run.Error);
        Assert.Equal("{" + string.Join(',', Values.Select((value, i) => $"\"c{i:00}\":{value.Json}")) + "}", await store.FeaturesAsync("anything", name));
    }

    [Fact]
    public async Task AStreamIsReadFromAPipe()
    {
        await using var service = await StandInService.StartAsync();
        using var folder = new TemporaryFolder();
        RecordBatch[] batches = [Numbers(0, 3), Numbers(3, 2)];
        foreach (var asStream in new[] { true, false })
        {
            var bytes = await File.ReadAllBytesAsync(folder.Arrow("in.arrow", batches, asStream), TestContext.Current.CancellationToken);
            var run = await CommandLine.RunAsync(
                ["ingest", "-", "--format", "arrow", "--id", "id", "--endpoint", service.Address], inputStream: new OneWay(bytes));
            Assert.True(run.Exit == 0, run.Error);
            Assert.Equal(Enumerable.Range(0, 5).Select(i => $$$"""{"entity_id":"{{{i}}}","features":{"v":{{{i}}}}}"""), service.Requests.Last());
        }
    }

    [Fact]
    public async Task WhatIsNoArrowIsRefused()
    {
        await using var service = await StandInService.StartAsync();
        using var folder = new TemporaryFolder();
        var whole = await File.ReadAllBytesAsync(folder.Arrow("whole.arrow", [Numbers(0, 1000)]), TestContext.Current.CancellationToken);
        foreach (var (bytes, message) in new[]
        {
            ("FEA1 and so on"u8.ToArray(), "bad.arrow is Feather version 1"), ("id,v\n1,2\n"u8.ToArray(), "bad.arrow cannot be read as Arrow IPC"),
            ([], "bad.arrow cannot be read as Arrow IPC"), (whole[..^10], "bad.arrow is cut off"),
        })
        {
            var run = await CommandLine.RunAsync(["ingest", folder.Write("bad.arrow", bytes), "--id", "id", "--endpoint", service.Address]);
            Assert.Equal(2, run.Exit);
            Assert.Contains(message, run.Error, StringComparison.Ordinal);
        }

        Assert.Empty(service.Calls);
    }

    [Fact]
    public async Task AStreamThatEndsWithinABatchIsToldAfterTheRowsBeforeIt()
    {
        await using var service = await StandInService.StartAsync();
        using var folder = new TemporaryFolder();
        var whole = await File.ReadAllBytesAsync(folder.Arrow("whole.arrows", [Numbers(0, 100), Numbers(100, 100)], asStream: true), TestContext.Current.CancellationToken);
        var run = await CommandLine.RunAsync(["ingest", folder.Write("cut.arrows", whole[..^100]), "--id", "id", "--endpoint", service.Address]);
        Assert.Equal(1, run.Exit);
        Assert.Equal(100, service.Rows.Length);
        Assert.Contains("cut.arrows:101: The rows from here on cannot be read: ", run.Error, StringComparison.Ordinal);
    }

    private static RecordBatch Numbers(int from, int count)
    {
        var numbers = new Int64Array.Builder().AppendRange(Enumerable.Range(from, count).Select(i => (long)i)).Build();
        return Batch([("id", numbers), ("v", numbers)]);
    }

    private static RecordBatch Batch(IEnumerable<(string Name, IArrowArray Array)> columns)
    {
        var all = columns.ToList();
        var schema = new Schema(all.Select(column => new Field(column.Name, column.Array.Data.DataType, nullable: true)), null);
        return new RecordBatch(schema, all.Select(column => column.Array), all[0].Array.Length);
    }

    private static ArrowBuffer Offsets<T>(params T[] offsets)
        where T : struct => new ArrowBuffer.Builder<T>().AppendRange(offsets).Build();

    private static ArrowBuffer Text(string text) => new(System.Text.Encoding.UTF8.GetBytes(text));

    private static TimestampArray Times(TimeUnit unit, string? zone, long value)
    {
        var values = new ArrowBuffer.Builder<long>().Append(value).Build();
        return new TimestampArray(new TimestampType(unit, zone), values, ArrowBuffer.Empty, 1, 0, 0);
    }

    private static ListArray List(Int64Array values)
    {
        return new ListArray(new ListType(Int64Type.Default), 1, Offsets(0, values.Length), values, ArrowBuffer.Empty);
    }

    private static FixedSizeListArray FixedList() => new(
        new FixedSizeListType(FloatType.Default, 2), 1, new FloatArray.Builder().Append(0.1f).Append(0.2f).Build(), ArrowBuffer.Empty);

    private static MapArray Map()
    {
        var type = new MapType(StringType.Default, Int32Type.Default);
        var entries = new StructArray(
            new StructType([type.KeyField, type.ValueField]), 2,
            [new StringArray.Builder().Append("k").Append("l").Build(), new Int32Array.Builder().Append(7).AppendNull().Build()], ArrowBuffer.Empty);
        return new MapArray(type, 1, Offsets(0, 2), entries, ArrowBuffer.Empty);
    }

    /// <summary>A pipe: what was read is gone.</summary>
    private sealed class OneWay(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
