using System.Globalization;
using System.Net;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.Declared;

/// <summary>What is declared of views is what writes are held to and reads are answered by.</summary>
public sealed class DeclaredViewTests(DeclaredViewTests.FlightsStack shared) : IClassFixture<DeclaredViewTests.FlightsStack>
{
    private FeatureStack Stack => shared.Stack;

    [Theory]
    [InlineData("""{"temp":39.0,"hours":"7","at":"2026-11-27T12:00:00+02:00"}""", """{"at":"2026-11-27T10:00:00Z","hours":7,"temp":39.0}""")]
    [InlineData("""{"temp":1,"gust":null,"hours":3.0}""", """{"gust":null,"hours":3,"temp":1}""")]
    [InlineData("""{"temp":1e-7}""", """{"temp":1e-7}""")]
    public async Task A_row_that_fits_is_coerced(string sent, string served)
    {
        Assert.Equal(HttpStatusCode.OK, (await Stack.Ingest.Put("/features/fits?view=weather", sent)).Status);
        Assert.Equal(served, (await Stack.Api.Read("/features/fits?view=weather")).Features);

        // As an event and in bulk it is the same.
        var id = "fits-event-" + Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(sent));
        await Stack.Publish($$$"""{"view":"weather","entity_id":"{{{id}}}","op":"replace","features":{{{sent}}}}""");
        await Stack.Becomes($"/features/{id}?view=weather", served);
    }

    [Fact]
    public async Task A_row_that_does_not_fit_is_told_every_fault_and_stores_nothing()
    {
        const string bad = """{"temp":"warm","hours":2147483648,"at":"yesterday","gusts":1}""";
        var reply = await Stack.Ingest.Patch("/features/misfit?view=weather", bad);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "urn:featurestore:invalid"), (reply.Status, reply.Type()));
        Assert.Equal(["at", "gusts", "hours", "temp"], reply.Errors().Select(error => error.Member!).Order(StringComparer.Ordinal));
        Assert.Contains(("gusts", "The view 'weather' has no feature 'gusts'. Did you mean 'gust'?"), reply.Errors());
        Assert.Contains(("hours", "'hours' is int32: 2147483648 is beyond int32."), reply.Errors());
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/misfit?view=weather")).Status);

        var bulk = await Stack.Ingest.PostLines($$$"""
            {"view":"weather","entity_id":"misfit-bulk","features":{{{bad}}}}
            {"view":"weather","entity_id":"misfit-bulk","features":{"temp":2.5}}
            {"view":"wether","entity_id":"misfit-bulk","features":{"temp":2.5}}
            {"entity_id":"misfit-bulk","features":{"temp":2.5}}
            """);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, 1, 3), (bulk.Status, bulk.Json.GetProperty("applied").GetInt32(), bulk.Json.GetProperty("rejected").GetInt32()));
        Assert.Equal("""{"temp":2.5}""", (await Stack.Api.Read("/features/misfit-bulk?view=weather")).Features);
    }

    [Theory]
    [InlineData("/features/EWR", "The view is missing.")]
    [InlineData("/features/EWR?view=wether", "There is no view 'wether'. Did you mean 'weather'?")]
    public async Task A_view_that_is_not_declared_takes_no_rows(string target, string fault)
    {
        var reply = await Stack.Ingest.Patch(target, """{"temp":1.5}""");
        Assert.Equal((HttpStatusCode.NotFound, "urn:featurestore:not-found"), (reply.Status, reply.Type()));
        Assert.StartsWith(fault, reply.Errors()[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_that_does_not_fit_ends_as_a_dead_letter_with_its_reason()
    {
        await Stack.Publish("""{"view":"weather","entity_id":"never","features":{"temp":"not-a-number-at-all"}}""");
        await Wait.UntilAsync(
            async () => (await Stack.Ingest.Read("/dead-letters")).Body.Contains("'temp' is float64: a number is expected, \\\"not-a-number-at-all\\\" was given", StringComparison.Ordinal),
            "the dead letter with its reason");
    }

    [Fact]
    public async Task An_open_view_takes_any_feature_and_holds_those_declared_to_their_type()
    {
        Assert.Equal(HttpStatusCode.OK, (await Stack.Ingest.Patch("/features/open?view=notes", """{"rating":"5","any thing":{"x":[1.0]}}""")).Status);
        Assert.Equal("""{"any thing":{"x":[1.0]},"rating":5}""", (await Stack.Api.Read("/features/open?view=notes")).Features);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Stack.Ingest.Patch("/features/open?view=notes", """{"rating":"good"}""")).Status);
    }

    [Fact]
    public async Task Composite_keys_are_counted_and_integers_have_one_form()
    {
        Assert.Equal(HttpStatusCode.OK, (await Stack.Ingest.Patch("/features?view=delays&entity_id=EWR&entity_id=0042", """{"delay":0.1}""")).Status);
        foreach (var flight in (string[])["42", "042", "%2B42", "42.0"])
        {
            Assert.Equal("""{"keys":["EWR","42"],"features":{"delay":0.1}}""", (await Stack.Api.Read($"/features?view=delays&entity_id=EWR&entity_id={flight}")).Body);
        }

        var one = await Stack.Api.Read("/features/EWR?view=delays");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "The entity 'route' has 2 keys, in this order (origin, flight); 1 was given."), (one.Status, one.Errors()[0].Detail));
        var text = await Stack.Ingest.Patch("/features?view=delays&entity_id=EWR&entity_id=UA42", """{"delay":0.1}""");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "flight"), (text.Status, text.Errors()[0].Member));
        Assert.Equal(HttpStatusCode.OK, (await Stack.Ingest.PostLines("""{"view":"delays","keys":["JFK",7],"features":{"delay":1.5}}""")).Status);
        Assert.Equal("""{"delay":1.5}""", (await Stack.Api.Read("/features?view=delays&entity_id=JFK&entity_id=7")).Features);
    }

    [Fact]
    public async Task Vectors_come_back_as_the_shortest_text()
    {
        await Stack.Ingest.Patch("/features/N1?view=aircraft", """{"seats":55,"embedding":[0.10000000149011612,1.0,-2.5e-7,3]}""");
        Assert.Equal("""{"embedding":[0.1,1,-2.5E-07,3],"seats":55}""", (await Stack.Api.Read("/features/N1?view=aircraft")).Features);
        await Stack.Ingest.Patch("/features/N1?view=aircraft", """{"seats":56}""");
        Assert.Equal("""{"embedding":[0.1,1,-2.5E-07,3],"seats":56}""", (await Stack.Api.Read("/features/N1?view=aircraft")).Features);
        Assert.Equal("""{"embedding":[0.1,1,-2.5E-07,3]}""", (await Stack.Api.Read("/features/N1?view=aircraft&feature=embedding")).Features);
        Assert.Equal(["[0.1,1,-2.5E-07,3]"], (await Stack.Api.Query("""{"features":["aircraft:embedding"],"entities":[{"tailnum":"N1"}]}""")).Row(0));
    }

    [Fact]
    public async Task A_rows_ttl_may_only_shorten_that_of_its_view()
    {
        var time = DateTimeOffset.UtcNow.AddHours(-2.5).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var target = $"view=weather&event_timestamp={time}";
        await Stack.Ingest.Patch($"/features/ttl-view?{target}", """{"temp":1.5}""");
        await Stack.Ingest.Patch($"/features/ttl-long?{target}&ttl_seconds=86400", """{"temp":1.5}""");
        await Stack.Ingest.Patch($"/features/ttl-short?{target}&ttl_seconds=3600", """{"temp":1.5}""");
        foreach (var id in (string[])["ttl-view", "ttl-long"])
        {
            var metadata = (await Stack.Api.Read($"/features/{id}?view=weather&metadata=true")).Json.GetProperty("metadata").GetProperty("temp");
            Assert.Equal(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture).AddHours(3), metadata.GetProperty("expires_at").GetDateTimeOffset());
            Assert.True(metadata.GetProperty("stale").GetBoolean(), "two and a half hours are more than the hour that the view expects");
            Assert.InRange(metadata.GetProperty("age_seconds").GetDouble(), 9000, 9600);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/ttl-short?view=weather")).Status);
        var expired = (await Stack.Api.Read("/features/ttl-short?view=weather&metadata=true")).Json.GetProperty("metadata");
        Assert.Equal("OUTSIDE_MAX_AGE", expired.GetProperty("temp").GetProperty("status").GetString());
        Assert.Equal("NOT_FOUND", expired.GetProperty("gust").GetProperty("status").GetString());
    }

    [Fact]
    public async Task Defaults_fill_in_on_request_alone()
    {
        await Stack.Ingest.Patch("/features/defaults?view=weather", """{"temp":1.5,"gust":null}""");
        Assert.Equal("""{"gust":null,"temp":1.5}""", (await Stack.Api.Read("/features/defaults?view=weather")).Features);
        Assert.Equal("""{"gust":0.0,"temp":1.5}""", (await Stack.Api.Read("/features/defaults?view=weather&defaults=true")).Features);
        Assert.Equal("""{"gust":0.0}""", (await Stack.Api.Read("/features/nobody-at-all?view=weather&defaults=true")).Features);
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/nobody-at-all?view=weather")).Status);
        var query = await Stack.Api.Query("""{"features":["weather:gust","weather:temp"],"defaults":true,"entities":[{"origin":"defaults"},{"origin":"nobody-at-all"}]}""");
        Assert.Equal(["0.0", "1.5"], query.Row(0));
        Assert.Equal(["NULL_VALUE", "PRESENT"], query.Row(0, "statuses"));
        Assert.Equal(["0.0", "null"], query.Row(1));
        Assert.Equal(["NOT_FOUND", "NOT_FOUND"], query.Row(1, "statuses"));
    }

    [Fact]
    public async Task An_entity_is_read_over_all_its_views_and_shared_names_are_told_apart()
    {
        await Stack.Ingest.Patch("/features/ALL?view=weather", """{"temp":1.5,"hours":3}""");
        await Stack.Ingest.Patch("/features/ALL?view=traffic", """{"flights":9}""");
        await Stack.Ingest.Patch("/features/ALL?view=notes", """{"rating":5}""");

        // The names do not hang on what happens to be stored.
        Assert.Equal("""{"rating":5,"flights":9,"hours":3,"weather__temp":1.5}""", (await Stack.Api.Read("/features/ALL?entity=airport")).Features);
        await Stack.Ingest.Patch("/features/ALL?view=traffic", """{"temp":12}""");
        Assert.Equal("""{"rating":5,"flights":9,"traffic__temp":12,"hours":3,"weather__temp":1.5}""", (await Stack.Api.Read("/features/ALL?entity=airport")).Features);
        Assert.Equal("""{"traffic__temp":12,"weather__temp":1.5}""", (await Stack.Api.Read("/features/ALL?entity=airport&feature=temp")).Features);
        Assert.Equal("""{"weather__temp":1.5,"hours":3}""", (await Stack.Api.Read("/features/ALL?entity=airport&feature=weather__temp,hours")).Features);
        Assert.Equal("""{"hours":3,"temp":1.5}""", (await Stack.Api.Read("/features/ALL?view=weather")).Features);
        Assert.Equal("""{"hours":3,"temp":1.5}""", (await Stack.Api.Read("/features/ALL?service=airport_only")).Features);
    }

    [Theory]
    [InlineData("/features/EWR", 400, "Several entities are declared: name one with entity=")]
    [InlineData("/features/EWR?entity=airprt", 404, "There is no entity 'airprt'. Did you mean 'airport'?")]
    [InlineData("/features/EWR?view=wether", 404, "There is no view 'wether'. Did you mean 'weather'?")]
    [InlineData("/features/EWR?view=weather&feature=tmp", 404, "The view 'weather' has no feature 'tmp'. Did you mean 'temp'?")]
    [InlineData("/features/EWR?view=weather,aircraft", 422, "The view 'aircraft' is of the entity 'aircraft', not 'airport'")]
    [InlineData("/features/EWR?service=delay_model_v2", 404, "There is no feature service 'delay_model_v2'. Did you mean 'delay_model_v1'?")]
    [InlineData("/features/EWR?service=delay_model_v1", 422, "The feature service 'delay_model_v1' is of several entities")]
    [InlineData("/features/EWR?service=airport_only&view=weather", 400, "A feature service says itself what is served")]
    [InlineData("/features/EWR?view=weather&defaults=yes", 400, "defaults must be true or false; 'yes' is not.")]
    public async Task A_question_that_names_what_is_not_there_is_told_so(string target, int status, string fault)
    {
        var reply = await Stack.Api.Read(target);
        Assert.Equal(status, (int)reply.Status);
        Assert.StartsWith(fault, Assert.Single(reply.Errors()).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replies_name_the_registry_and_the_service_that_they_are_by()
    {
        await Stack.Ingest.Patch("/features/HDR?view=weather", """{"hours":3}""");
        using var reply = await Stack.Api.GetAsync("/features/HDR?service=airport_only", TestContext.Current.CancellationToken);
        var version = (await Stack.Api.Read("/registry")).Version().ToString(CultureInfo.InvariantCulture);
        Assert.Equal((version, "1"), (reply.Headers.GetValues("Registry-Version").Single(), reply.Headers.GetValues("Feature-Service-Version").Single()));
    }

    /// <summary>The embedded default, with a registry applied.</summary>
    public sealed class FlightsStack : IAsyncLifetime
    {
        private readonly SqliteStack _inner = new();

        public FeatureStack Stack => _inner.Stack;

        public async ValueTask InitializeAsync()
        {
            await _inner.InitializeAsync();
            await Stack.Declare(RegistryCalls.Flights);
        }

        public ValueTask DisposeAsync() => _inner.DisposeAsync();
    }
}
