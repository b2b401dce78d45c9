using System.Text;
using System.Text.Json;

namespace FeatureStore.Client.Tests.Reading;

/// <summary>What is written comes back as it was, whichever way the services are reached.</summary>
public abstract class ReadingTests(RunningStore running, FeatureStoreClient store)
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> ExactTexts =>
        ["1.0", "1e400", "-0", "9007199254740993", "0.1000000000000000055511151231257827", "\"42\"", "null", "true", "{}", "[]", "\"\\u0041\"", "\"😀 ü\""];

    public static TheoryData<string> OddIds =>
        ["a/b", "%2F", "%252F", "ü", "a b", "a+b", "?x=1&y=2#z", "😀", "a\\b", ".", "..", "{id}", "\"quoted\"", "a,b", "a||b", "\u0001"];

    [Fact]
    public async Task A_record_is_written_and_read_by_its_snake_case_names_and_its_view()
    {
        var id = Unique();
        await store.WriteAsync(id, new AirportWeather(39.0, 5.5, "clear", 8), cancellationToken: Cancel);
        Assert.Equal(new AirportWeather(39.0, 5.5, "clear", 8), await store.GetAsync<AirportWeather>(id, cancellationToken: Cancel));

        var raw = await store.GetAsync(id, new ReadOptions { Views = ["airport_weather"] }, Cancel);
        Assert.Equal(["sky", "temp", "visib", "wind_speed"], raw!.Values.Keys.Order(StringComparer.Ordinal));
        Assert.Null(await store.GetAsync(id, cancellationToken: Cancel));
    }

    [Fact]
    public async Task What_is_absent_or_null_is_null_or_the_constructors_default()
    {
        var id = Unique();
        await store.WriteAsync(id, new { temp = 1, wind_speed = (double?)null }, Weather, Cancel);
        Assert.Equal(new AirportWeather(1, null, null), await store.GetAsync<AirportWeather>(id, cancellationToken: Cancel));

        await store.WriteAsync(id, new { visib = (int?)null, sky = "grey" }, Weather, Cancel);
        Assert.Equal(new AirportWeather(1, null, "grey", 10), await store.GetAsync<AirportWeather>(id, cancellationToken: Cancel));
    }

    [Fact]
    public async Task What_a_type_cannot_do_without_is_named_and_never_made_up()
    {
        var id = Unique();
        await store.WriteAsync(id, new { rating = (double?)null, comment = "none" }, cancellationToken: Cancel);
        var e = await Assert.ThrowsAsync<FeatureMappingException>(() => store.GetAsync<Trip>(id, cancellationToken: Cancel));
        Assert.Equal(["kilometres", "rating", "driver"], e.Missing);
        Assert.Contains(id.ToString(), e.Message, StringComparison.Ordinal);

        await store.WriteAsync(id, new { kilometres = 3, rating = 4.5, driver = "ü" }, cancellationToken: Cancel);
        var trip = await store.GetAsync<Trip>(id, cancellationToken: Cancel);
        Assert.Equal((3L, 4.5, "ü", "none", null), (trip!.Kilometres, trip.Rating, trip.Driver, trip.Comment, trip.OddName));
    }

    [Fact]
    public async Task A_value_of_another_type_is_an_error_that_says_which()
    {
        var id = Unique();
        await store.WriteAsync(id, new { temp = "mild" }, Weather, Cancel);
        var e = await Assert.ThrowsAsync<FeatureMappingException>(() => store.GetAsync<AirportWeather>(id, cancellationToken: Cancel));
        Assert.Contains("$.temp", e.Message, StringComparison.Ordinal);
        Assert.Empty(e.Missing);
    }

    [Fact]
    public async Task An_entity_of_which_nothing_is_known_is_null()
    {
        var id = Unique();
        Assert.Null(await store.GetAsync(id, cancellationToken: Cancel));
        Assert.Null(await store.GetAsync(id, new ReadOptions { Metadata = true }, Cancel));
        Assert.Null(await store.GetAsync<AirportWeather>(id, cancellationToken: Cancel));
        Assert.Null(await store.GetAsync<Dictionary<string, JsonElement>>(id, cancellationToken: Cancel));
    }

    [Theory]
    [MemberData(nameof(ExactTexts))]
    public async Task A_value_keeps_its_exact_text(string text)
    {
        var id = Unique();
        using var body = new StringContent($"{{\"f\":{text}}}", Encoding.UTF8, "application/json");
        using var written = await running.Stack.Ingest.PatchAsync($"/features/{id}", body, Cancel);
        var read = await store.GetAsync(id, cancellationToken: Cancel);
        Assert.Equal(text, read!["f"].GetRawText());
        Assert.Equal(text, (await store.GetAsync<Dictionary<string, JsonElement>>(id, cancellationToken: Cancel))!["f"].GetRawText());
    }

    [Theory]
    [MemberData(nameof(OddIds))]
    public async Task An_odd_id_is_one_entity_for_reads_writes_streams_and_deletes(string id)
    {
        var options = new ReadOptions { Views = ["odd"] };
        await store.DeleteAsync(id, new DeleteOptions { View = "odd" }, Cancel);
        await store.WriteAsync(id, new { by = "write" }, new WriteOptions { View = "odd" }, Cancel);
        await store.WriteManyAsync([FeatureRow.Merge(id, new { row = id }) with { View = "odd" }], cancellationToken: Cancel);
        var read = await store.GetAsync(id, options, Cancel);
        Assert.Equal(("write", id, 2), (read!["by"].GetString(), read["row"].GetString(), read.Values.Count));
        await store.DeleteAsync(id, new DeleteOptions { View = "odd" }, Cancel);
        Assert.Null(await store.GetAsync(id, options, Cancel));
    }

    [Fact]
    public async Task Ids_that_look_alike_are_different_entities()
    {
        var options = new WriteOptions { View = "alike" };
        foreach (var id in OddIds)
        {
            await store.WriteAsync(id.Data, new { id = id.Data }, options, Cancel);
        }

        foreach (var id in OddIds)
        {
            Assert.Equal(id.Data, (await store.GetAsync(id.Data, new ReadOptions { Views = ["alike"] }, Cancel))!["id"].GetString());
        }
    }

    [Fact]
    public async Task A_composite_id_is_its_keys_in_order()
    {
        var (id, swapped) = (new EntityId("a", "b/c"), new EntityId("b/c", "a"));
        await store.WriteAsync(id, new { x = 1 }, new WriteOptions { View = "pairs" }, Cancel);
        await store.WriteManyAsync([FeatureRow.Merge(id, new { y = 2 }) with { View = "pairs" }], cancellationToken: Cancel);
        var read = await store.GetAsync(id, new ReadOptions { Views = ["pairs"] }, Cancel);
        Assert.Equal(["x", "y"], read!.Values.Keys);
        Assert.Equal(id, read.Id);
        Assert.Null(await store.GetAsync(swapped, new ReadOptions { Views = ["pairs"] }, Cancel));
    }

    [Fact]
    public async Task Several_views_are_read_at_once_and_what_they_share_is_named_apart()
    {
        var id = Unique();
        await store.WriteAsync(id, new { a = 1, both = 1 }, new WriteOptions { View = "one" }, Cancel);
        await store.WriteAsync(id, new { b = 2, both = 2 }, new WriteOptions { View = "two" }, Cancel);
        var read = await store.GetAsync<Dictionary<string, int>>(id, new ReadOptions { Views = ["one", "two"] }, Cancel);
        Assert.Equal(new() { ["a"] = 1, ["one__both"] = 1, ["b"] = 2, ["two__both"] = 2 }, read);

        var some = await store.GetAsync(id, new ReadOptions { Views = ["one", "two"], Features = ["b", "a"] }, Cancel);
        Assert.Equal(["b", "a"], some!.Values.Keys);
    }

    [Fact]
    public async Task Metadata_tells_of_each_feature_what_is_known()
    {
        var id = Unique();
        await store.WriteAsync(id, new { lasts = 1, none = (int?)null }, new WriteOptions { EventTimestamp = Noon.AddMicroseconds(7), CreatedTimestamp = Noon.AddHours(1) }, Cancel);
        await store.WriteAsync(id, new { gone = 1 }, new WriteOptions { EventTimestamp = Noon, Ttl = TimeSpan.FromMilliseconds(1500) }, Cancel);
        var read = await store.GetAsync(id, new ReadOptions { Metadata = true, Features = ["lasts", "none", "gone", "never"] }, Cancel);
        Assert.Equal(["lasts", "none"], read!.Values.Keys);
        Assert.Equal(
            [FeatureStatus.Present, FeatureStatus.NullValue, FeatureStatus.OutsideMaxAge, FeatureStatus.NotFound], read.Metadata.Values.Select(known => known.Status));
        var lasts = read.Metadata["lasts"];
        Assert.Equal(("default", Noon.AddMicroseconds(7), Noon.AddHours(1), null), (lasts.View, lasts.EventTimestamp, lasts.CreatedTimestamp, lasts.ExpiresAt));
        Assert.Equal(Noon.AddMilliseconds(1500), read.Metadata["gone"].ExpiresAt);
        Assert.Null(read.Metadata["never"].EventTimestamp);

        // All of it expired: known, but not live.
        var expired = await store.GetAsync(id, new ReadOptions { Metadata = true, Features = ["gone"] }, Cancel);
        Assert.Equal((0, 1), (expired!.Values.Count, expired.Metadata.Count));
        Assert.Null(await store.GetAsync<Dictionary<string, int>>(id, new ReadOptions { Metadata = true, Features = ["gone"] }, Cancel));
        Assert.Null(await store.GetAsync(id, new ReadOptions { Features = ["gone"] }, Cancel));
    }

    [Fact]
    public async Task Generated_metadata_serves_in_place_of_reflection()
    {
        var id = Unique();
        var type = GeneratedJson.Default.Trip;
        await store.WriteAsync(id, new Trip { Kilometres = 9007199254740993, Rating = 4.5, Driver = "x", OddName = [1, 2] }, type, cancellationToken: Cancel);
        var raw = await store.GetAsync(id, cancellationToken: Cancel);
        Assert.Equal(["Comment", "Driver", "Kilometres", "Rating", "odd name"], raw!.Values.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(9007199254740993, (await store.GetAsync(id, type, cancellationToken: Cancel))!.Kilometres);
        Assert.Equal([1, 2], raw.To(type).OddName!);
        await store.WriteAsync(id, new Dictionary<string, string?> { ["Driver"] = null }, cancellationToken: Cancel);
        Assert.Equal(["Driver"], (await Assert.ThrowsAsync<FeatureMappingException>(() => store.GetAsync(id, type, cancellationToken: Cancel))).Missing);
    }

    [Fact]
    public async Task An_extension_property_takes_what_the_others_leave()
    {
        var id = Unique();
        await store.WriteAsync(id, new { seats = 55, model = "EMB-145XR" }, cancellationToken: Cancel);
        var read = await store.GetAsync<Open>(id, cancellationToken: Cancel);
        Assert.Equal((55, "EMB-145XR", 1), (read!.Seats, read.Rest["model"].GetString(), read.Rest.Count));
    }

    [Fact]
    public async Task A_bad_question_is_an_exception_that_lists_every_fault()
    {
        var e = await Assert.ThrowsAsync<FeatureStoreInvalidException>(
            () => store.GetAsync("x", new ReadOptions { Views = ["No View"], Features = [""] }, Cancel));
        Assert.Equal("urn:featurestore:invalid", e.Type);
        Assert.Equal(2, e.Faults.Count);
        Assert.Contains("No View", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new EntityId("a", ""));
        Assert.Throws<ArgumentException>(() => new EntityId("half \ud800 pair"));
        await Assert.ThrowsAsync<ArgumentException>(() => store.GetAsync(default, cancellationToken: Cancel));
    }

    private static WriteOptions Weather => new() { View = "airport_weather" };

    private static EntityId Unique() => Guid.NewGuid().ToString("N");
}

public sealed class HttpReadingTests(RunningStore running) : ReadingTests(running, running.Http);

public sealed class DaprReadingTests(RunningStore running) : ReadingTests(running, running.Dapr);
