using System.Text.Json;

namespace FeatureStore.Client.Tests.Querying;

/// <summary>Reads of many entities of which something is declared, whichever way the services are reached.</summary>
public abstract class QueryTests(FeatureStoreClient store)
{
    private readonly string _run = Guid.NewGuid().ToString("N");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Several_kinds_of_entities_are_joined_in_one_row_with_a_status_for_each_value()
    {
        await WriteAsync("EWR", new { temp = 39.0, sky = "clear" });
        await store.WriteAsync($"{_run}N1", new { seats = 55 }, new WriteOptions { View = "aircraft" }, Cancel);
        await store.WriteAsync($"{_run}JFK", new { temp = (double?)null }, Weather with { EventTimestamp = DateTimeOffset.UtcNow.AddHours(-2) }, Cancel);
        await store.WriteAsync($"{_run}OLD", new { temp = 1.0 }, Weather with { EventTimestamp = DateTimeOffset.UtcNow.AddHours(-4) }, Cancel);
        object[] entities =
        [
            new { Origin = $"{_run}EWR", Tailnum = $"{_run}N1" },
            new Dictionary<string, string?> { ["origin"] = $"{_run}JFK", ["tailnum"] = null },
            new Dictionary<string, object> { ["origin"] = $"{_run}OLD", ["other"] = 1 },
            JsonElement.Parse($$"""{"tailnum":"{{_run}}N1"}"""),
        ];
        var table = await store.QueryAsync(new FeatureQuery { Features = ["aircraft:seats", "airport_weather:temp", "airport_weather:sky"] }, entities, Cancel);

        Assert.Equal(["seats", "temp", "sky"], table.Features);
        Assert.Equal(
            ["55 39.0 \"clear\"", "null null null", "null null null", "55 null null"],
            table.Rows.Select(row => string.Join(' ', row.Values.Select(value => value.GetRawText()))));
        Assert.Equal(
            [FeatureStatus.Present, FeatureStatus.NullValue, FeatureStatus.OutsideMaxAge, FeatureStatus.NotFound], table.Rows.Select(row => row.StatusOf("temp")));
        Assert.Equal([0, 1, 2, 3], table.Rows.Select(row => row.Index));
        Assert.Equal($"{_run}EWR", table.Rows[0].Entity.GetProperty("origin").GetString());
        Assert.Equal("39.0", table.Rows[0]["temp"].GetRawText());
        Assert.NotNull(table.RegistryVersion);
        Assert.Null(table.ServiceVersion);
        Assert.Throws<KeyNotFoundException>(() => table.Rows[0]["nope"]);
    }

    [Fact]
    public async Task A_service_is_asked_for_by_the_type_that_holds_its_features()
    {
        await WriteAsync("A", new { temp = 39.0 });
        await store.WriteAsync($"{_run}N1", new { seats = 55 }, new WriteOptions { View = "aircraft" }, Cancel);
        var inputs = await store.QueryAsync<ShortInputs>(
            [new { Origin = $"{_run}A", Tailnum = $"{_run}N1" }, new { Origin = $"{_run}A", Tailnum = "x" }, new { Origin = "x", Tailnum = "x" }], Cancel);
        Assert.Equal([new ShortInputs(39.0, null, 55), new ShortInputs(39.0, null, null), null], inputs);

        var query = new FeatureQuery { Service = "short_model_v1", Defaults = true };
        var table = await store.QueryAsync(query, [new { Origin = $"{_run}A", Tailnum = $"{_run}N1" }], Cancel);
        Assert.Equal(new ShortInputs(39.0, 0.5, 55), Assert.Single(table.To<ShortInputs>()));
        Assert.Equal((FeatureStatus.NotFound, 0.5), (table.Rows[0].StatusOf("wind_gust"), table.Rows[0]["wind_gust"].GetDouble()));
        Assert.Equal(1, table.ServiceVersion);
    }

    [Fact]
    public async Task A_view_is_asked_for_by_the_type_that_holds_its_features()
    {
        await WriteAsync("V", new { temp = 1.5, sky = "grey", wind_speed = 3.0 });
        var rows = await store.QueryAsync<Sky>([new { Origin = $"{_run}V" }, new { Origin = "nowhere" }], Cancel);
        Assert.Equal([new Sky(1.5, "grey"), null], rows);
        await Assert.ThrowsAsync<ArgumentException>(() => store.QueryAsync<Trip>([new { Origin = "x" }], Cancel));
    }

    [Fact]
    public async Task What_a_type_cannot_do_without_is_named_with_its_row()
    {
        await WriteAsync("S", new { sky = "grey" });
        var e = await Assert.ThrowsAsync<FeatureMappingException>(() => store.QueryAsync<Sky>([new { Origin = "nowhere" }, new { Origin = $"{_run}S" }], Cancel));
        Assert.Equal(["temp"], e.Missing);
        Assert.Contains($"Row 1 ({{\"origin\":\"{_run}S\"}})", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metadata_tells_of_each_value_when_it_was_true_and_how_old_it_is()
    {
        var at = DateTimeOffset.UtcNow.AddMinutes(-30);
        at = at.AddTicks(-(at.Ticks % 10));
        await store.WriteAsync($"{_run}M", new { temp = 1.0 }, Weather with { EventTimestamp = at }, Cancel);
        await store.WriteAsync($"{_run}M", new { flights = 3 }, new WriteOptions { View = "airport_load", EventTimestamp = at }, Cancel);
        var query = new FeatureQuery { Features = ["airport_weather:temp", "airport_load:flights", "airport_weather:sky"], Metadata = true };
        var row = (await store.QueryAsync(query, [new { Origin = $"{_run}M" }], Cancel)).Rows[0];
        Assert.Equal([at, at, null], row.EventTimestamps);
        Assert.Equal([at.AddHours(3), null, null], row.ExpiresAt);
        Assert.InRange(row.Ages[0]!.Value, TimeSpan.FromMinutes(29), TimeSpan.FromMinutes(40));
        Assert.Null(row.Ages[2]);

        var read = await store.GetAsync($"{_run}M", new ReadOptions { Views = ["airport_weather", "airport_load"], Metadata = true }, Cancel);
        Assert.Equal(false, read!.Metadata["airport_weather__temp"].IsStale);
        Assert.Null(read.Metadata["flights"].IsStale);
        Assert.InRange(read.Metadata["flights"].Age!.Value, TimeSpan.FromMinutes(29), TimeSpan.FromMinutes(40));
    }

    [Fact]
    public async Task Fifteen_hundred_entities_come_in_their_order()
    {
        var rows = Enumerable.Range(0, 1500).Select(i => FeatureRow.Merge($"{_run}{i}", new { flights = i }) with { View = "airport_load" });
        (await store.WriteManyAsync(rows, cancellationToken: Cancel)).ThrowIfRejected();
        var table = await store.QueryAsync(
            new FeatureQuery { Features = ["airport_load:flights"] }, Enumerable.Range(0, 1500).Reverse().Select(i => new { Origin = $"{_run}{i}" }), Cancel);
        Assert.Equal(Enumerable.Range(0, 1500).Reverse(), table.Rows.Select(row => row["flights"].GetInt32()));
        Assert.Equal(Enumerable.Range(0, 1500), table.Rows.Select(row => row.Index));
    }

    [Fact]
    public async Task Entities_that_lack_a_key_lack_it_alike_in_one_call_or_in_several()
    {
        await WriteAsync("K", new { temp = 1.0 });
        await store.WriteAsync($"{_run}N1", new { seats = 55 }, new WriteOptions { View = "aircraft" }, Cancel);
        // The first thousand have no aircraft, the others no airport: each call alone would look like one misspelt key.
        var entities = Enumerable.Range(0, 2500).Select(i => i < 1250 ? (object)new { Origin = $"{_run}K" } : new { Origin = (string?)null, Tailnum = $"{_run}N1" });
        var inputs = await store.QueryAsync<ShortInputs>(entities, Cancel);
        Assert.Equal(Enumerable.Repeat(new ShortInputs(1.0, null, null), 1250).Concat(Enumerable.Repeat(new ShortInputs(null, null, 55), 1250)), inputs);

        var misspelt = await Assert.ThrowsAsync<FeatureStoreInvalidException>(
            () => store.QueryAsync<ShortInputs>(Enumerable.Range(0, 1500).Select(i => new { Origin = $"{i}", TailNumber = "x" }), Cancel));
        Assert.Equal("tailnum", Assert.Single(misspelt.Faults).Member);
    }

    [Fact]
    public async Task Keys_may_be_numbers_and_composite()
    {
        await store.WriteAsync(9007199254740993, new { age = 42, embedding = new[] { 0.1f, 2.5f } }, new WriteOptions { View = "users" }, Cancel);
        await store.WriteAsync(new EntityId($"{_run}a/b", "c"), new { miles = 7 }, new WriteOptions { View = "routes" }, Cancel);
        var table = await store.QueryAsync(
            new FeatureQuery { Features = ["users:age", "routes:miles", "users:embedding"] },
            [new { UserId = 9007199254740993, Origin = $"{_run}a/b", Dest = "c" }, new { UserId = 1, Origin = "c", Dest = $"{_run}a/b" }], Cancel);
        Assert.Equal("[42, 7, [0.1,2.5]]", $"[{string.Join(", ", table.Rows[0].Values)}]");
        Assert.All(table.Rows[1].Statuses, status => Assert.Equal(FeatureStatus.NotFound, status));
        Assert.Equal(7, (await store.GetAsync(new EntityId($"{_run}a/b", "c"), new ReadOptions { Entity = "route" }, Cancel))!["miles"].GetInt32());
    }

    [Fact]
    public async Task One_entity_is_read_over_all_its_views_by_a_service_and_with_defaults()
    {
        await WriteAsync("G", new { temp = 2.5, sky = "blue" });
        await store.WriteAsync($"{_run}G", new { temp = 3, flights = 4 }, new WriteOptions { View = "airport_load" }, Cancel);
        var all = await store.GetAsync($"{_run}G", new ReadOptions { Entity = "airport" }, Cancel);
        Assert.Equal(["airport_load__temp", "airport_weather__temp", "flights", "sky"], all!.Values.Keys.Order(StringComparer.Ordinal));
        Assert.NotNull(all.RegistryVersion);

        Assert.Equal(new WeatherInputs(2.5, "blue"), await store.GetAsync<WeatherInputs>($"{_run}G", cancellationToken: Cancel));
        Assert.Null(await store.GetAsync<WeatherInputs>("nowhere", cancellationToken: Cancel));
        var service = await store.GetAsync($"{_run}G", new ReadOptions { Service = "weather_model_v1" }, Cancel);
        Assert.Equal(1, service!.ServiceVersion);
        var filled = await store.GetAsync<Dictionary<string, JsonElement>>($"{_run}G", new ReadOptions { Views = ["airport_weather"], Defaults = true }, Cancel);
        Assert.Equal(0.5, filled!["wind_gust"].GetDouble());
    }

    [Fact]
    public async Task What_is_not_declared_is_an_exception_that_suggests_what_is()
    {
        var calls = new Func<Task>[]
        {
            () => store.GetAsync("x", new ReadOptions { Views = ["airport_wether"] }, Cancel),
            () => store.QueryAsync(new FeatureQuery { Features = ["airport_wether:temp"] }, [new { Origin = "x" }], Cancel),
            () => store.WriteAsync("x", new { temp = 1 }, new WriteOptions { View = "airport_wether" }, Cancel),
            () => store.DeleteAsync("x", new DeleteOptions { View = "airport_wether" }, Cancel),
        };
        foreach (var call in calls)
        {
            var e = await Assert.ThrowsAsync<FeatureStoreNotFoundException>(call);
            Assert.Contains("airport_weather", Assert.Single(e.Faults).Detail, StringComparison.Ordinal);
        }

        await Assert.ThrowsAsync<FeatureStoreNotFoundException>(() => store.QueryAsync(new FeatureQuery { Service = "short_model_v2" }, [new { Origin = "x" }], Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => store.QueryAsync(new FeatureQuery(), [new { Origin = "x" }], Cancel));
        await Assert.ThrowsAsync<ArgumentNullException>(() => store.QueryAsync(new FeatureQuery { Service = "s" }, [null!], Cancel));
        Assert.Empty((await store.QueryAsync(new FeatureQuery { Service = "short_model_v1" }, [], Cancel)).Rows);
    }

    [Fact]
    public async Task A_value_that_does_not_fit_is_refused_by_its_features_name()
    {
        var e = await Assert.ThrowsAsync<FeatureStoreInvalidException>(() => store.WriteAsync($"{_run}F", new { temp = "mild", sky = 3, nope = 1 }, Weather, Cancel));
        Assert.Equal(["nope", "sky", "temp"], e.Faults.Select(fault => fault.Member).Order());
        var written = await store.WriteManyAsync(
            [
                FeatureRow.Merge($"{_run}F", new { temp = 1.0 }) with { View = "airport_weather" },
                FeatureRow.Merge($"{_run}F", new { temp = "mild" }) with { View = "airport_weather" },
                FeatureRow.Merge($"{_run}F", new { temp = 1.0 }) with { View = "airport_wether" },
            ],
            cancellationToken: Cancel);
        Assert.Equal((1, 2), (written.Applied, written.Rejected));
        Assert.Equal(["temp", "view"], written.Rejections.SelectMany(row => row.Faults).Select(fault => fault.Member));
    }

    private static WriteOptions Weather => new() { View = "airport_weather" };

    private Task WriteAsync(string airport, object features) => store.WriteAsync($"{_run}{airport}", features, Weather, Cancel);

    [FeatureService("short_model_v1")]
    private sealed record ShortInputs(double? Temp, double? WindGust, int? Seats);

    [FeatureService("weather_model_v1")]
    private sealed record WeatherInputs(double Temp, string? Sky);

    [FeatureView("airport_weather")]
    private sealed record Sky(double Temp, [property: System.Text.Json.Serialization.JsonPropertyName("sky")] string? Seen);
}

[Collection(DeclaredStore.Collection)]
public sealed class HttpQueryTests(DeclaredStore declared) : QueryTests(declared.Http);

[Collection(DeclaredStore.Collection)]
public sealed class DaprQueryTests(DeclaredStore declared) : QueryTests(declared.Dapr);
