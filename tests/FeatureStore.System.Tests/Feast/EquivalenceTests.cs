using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.Feast;

/// <summary>What Feast's contract answers for many entities at once is what <c>GET /features</c> answers one by one.</summary>
[Collection(FeastStack.Collection)]
public sealed class EquivalenceTests(FeastStack shared)
{
    private const int Entities = 25;

    private static readonly (string View, string Feature, string Type)[] Features =
    [
        ("scalars", "i32", "int32"), ("scalars", "i64", "int64"), ("scalars", "f32", "float32"), ("scalars", "f64", "float64"), ("scalars", "text", "string"),
        ("scalars", "flag", "bool"), ("scalars", "at", "timestamp"), ("lists", "i32s", "list<int32>"), ("lists", "i64s", "list<int64>"), ("lists", "f32s", "list<float32>"),
        ("lists", "f64s", "list<float64>"), ("lists", "texts", "list<string>"), ("lists", "flags", "list<bool>"), ("lists", "ats", "list<timestamp>"),
        ("blobs", "blob", "bytes"), ("blobs", "blobs", "list<bytes>"),
    ];

    private static readonly string[] Views = ["scalars", "lists", "blobs"];

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(300)]
    public async Task Many_at_once_are_as_each_by_itself(int seed)
    {
        var random = new Random(seed);
        var ids = Enumerable.Range(0, Entities).Select(i => 800_000 + (seed * 1000) + i).ToArray();
        await WriteAsync(random, ids);

        var asked = Features.OrderBy(_ => random.Next()).ToArray();
        // Some are asked for twice, and one was never heard of.
        var rows = ids.Concat(ids.Take(5)).Append(799_999).OrderBy(_ => random.Next()).ToArray();
        var reply = await shared.Stack.Ask(new JsonObject
        {
            ["entities"] = new JsonObject { ["row_id"] = new JsonArray([.. rows.Select(row => (JsonNode?)row)]) },
            ["features"] = new JsonArray([.. asked.Select(one => (JsonNode?)$"{one.View}:{one.Feature}")]),
        }.ToJsonString());
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        Assert.Equal(asked.Select(one => one.Feature).Prepend("row_id"), reply.Json.GetProperty("metadata").GetProperty("feature_names").EnumerateArray().Select(name => name.GetString()!));
        var results = reply.Json.GetProperty("results");
        Assert.Equal(rows, results[0].GetProperty("values").EnumerateArray().Select(id => id.GetInt32()));
        for (var i = 0; i < rows.Length; i++)
        {
            var single = await SingleAsync(rows[i]);
            for (var at = 0; at < asked.Length; at++)
            {
                var (view, feature, type) = asked[at];
                var expected = Expected(single.GetValueOrDefault(view), feature, type);
                var column = results[at + 1];
                var actual = (
                    column.GetProperty("values")[i].GetRawText(), column.GetProperty("statuses")[i].GetString()!, column.GetProperty("event_timestamps")[i].GetString()!);
                Assert.True(expected == actual, $"seed {seed}, entity {rows[i]}, {feature}: {expected} is expected, not {actual}");
            }
        }
    }

    private async Task WriteAsync(Random random, int[] ids)
    {
        var now = TimeProvider.System.GetUtcNow();
        var rows = new JsonArray();
        foreach (var id in ids)
        {
            foreach (var view in Views.Where(_ => random.Next(8) > 0))
            {
                for (var times = random.Next(1, 3); times > 0; times--)
                {
                    var row = new JsonObject
                    {
                        ["view"] = view,
                        ["entity_id"] = id,
                        ["event_timestamp"] = Text(now.AddMilliseconds(-random.Next(1, 100_000_000))),
                        ["features"] = new JsonObject(Features.Where(one => one.View == view && random.Next(5) > 0).Select(one => KeyValuePair.Create(one.Feature, Value(random, one.Type)))),
                    };
                    if (random.Next(4) == 0)
                    {
                        row["ttl_seconds"] = random.Next(2) == 0 ? 1 : 1_000_000;
                    }

                    if (row["features"]!.AsObject().Count > 0)
                    {
                        rows.Add(row);
                    }
                }
            }

            if (random.Next(6) == 0)
            {
                rows.Add(new JsonObject { ["view"] = Views[random.Next(Views.Length)], ["entity_id"] = id, ["op"] = "delete" });
            }
        }

        var written = await shared.Stack.Ingest.Send(HttpMethod.Post, "/features", rows.ToJsonString());
        Assert.True(written.Status == HttpStatusCode.OK, written.Body);
    }

    private async Task<Dictionary<string, JsonElement>> SingleAsync(int id)
    {
        var views = new Dictionary<string, JsonElement>();
        foreach (var view in Views)
        {
            if (await shared.Stack.Api.Read($"/features/{id}?view={view}&metadata=true") is { Status: HttpStatusCode.OK } reply)
            {
                views.Add(view, reply.Json);
            }
        }

        return views;
    }

    /// <summary>What the answer about one feature means in the other contract.</summary>
    private static (string Value, string Status, string EventTimestamp) Expected(JsonElement single, string feature, string type)
    {
        const string epoch = "1970-01-01T00:00:00Z";
        if (single.ValueKind == JsonValueKind.Undefined || !single.GetProperty("metadata").TryGetProperty(feature, out var metadata))
        {
            return ("null", "NOT_FOUND", epoch);
        }

        var status = metadata.GetProperty("status").GetString()!;
        var time = status == "NOT_FOUND" ? epoch : metadata.GetProperty("event_timestamp").GetString()!;
        if (status != "PRESENT")
        {
            return ("null", status, time);
        }

        var value = single.GetProperty("features").GetProperty(feature);
        if (value.ValueKind != JsonValueKind.Array)
        {
            return (Scalar(value, type), status, time);
        }

        var elements = value.EnumerateArray().Select(element => Scalar(element, type["list<".Length..^1])).ToList();
        return elements.Count == 0 ? ("null", "NULL_VALUE", time) : ($"[{string.Join(',', elements)}]", status, time);
    }

    private static string Scalar(JsonElement value, string type) => type switch
    {
        "float32" or "float64" when value.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') < 0 => $"{value.GetRawText()}.0",
        "timestamp" => value.GetDateTimeOffset().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        _ => value.GetRawText(),
    };

    private static JsonNode? Value(Random random, string type)
    {
        if (type.StartsWith("list<", StringComparison.Ordinal))
        {
            return random.Next(6) == 0 ? null : new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => Scalar(random, type["list<".Length..^1]))]);
        }

        return random.Next(6) == 0 ? null : Scalar(random, type);
    }

    private static JsonNode Scalar(Random random, string type) => type switch
    {
        "int32" => random.Next(3) == 0 ? int.MinValue : random.Next(),
        "int64" => random.Next(3) == 0 ? long.MaxValue - random.Next(3) : random.NextInt64(),
        "float32" => random.Next(2) == 0 ? random.Next(-100, 100) : (random.NextSingle() - 0.5f) * MathF.Pow(10, random.Next(-20, 20)),
        "float64" => random.Next(2) == 0 ? random.Next(-100, 100) : (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-200, 200)),
        "bool" => random.Next(2) == 0,
        "string" => ((string[])["", "a", "ü😀", "\"\\\n", "NaN"])[random.Next(5)],
        "bytes" => Convert.ToBase64String(BitConverter.GetBytes(random.Next())[..random.Next(5)]),
        _ => Text(DateTimeOffset.UnixEpoch.AddMicroseconds(random.NextInt64(-1_000_000_000_000_000, 2_000_000_000_000_000))),
    };

    private static string Text(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
