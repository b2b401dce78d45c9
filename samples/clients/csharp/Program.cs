using FeatureStore.Client;
using FeatureStore.Samples.CSharp;
using Microsoft.Extensions.DependencyInjection;

// Two lines in an app with dependency injection. Here the environment says where the store is: a sidecar by Dapr's own
// variables, or else the addresses that the featurestore command takes.
var services = new ServiceCollection();
services.AddFeatureStoreClient(StoreOptions.FromEnvironment);

await using var provider = services.BuildServiceProvider();
var store = provider.GetRequiredService<FeatureStoreClient>();
var now = TimeProvider.System.GetUtcNow();
try
{
    // A write that says when it was true is the same row however often it is sent, so the client may repeat it.
    var written = await store.WriteAsync("EWR", new AirportWeather(39.0, 12.7, 10.0), new WriteOptions { EventTimestamp = now });
    Console.WriteLine($"{written.View} of {written.Id}: {written.Outcome}");

    var weather = await store.GetAsync<AirportWeather>("EWR");
    Console.WriteLine(FormattableString.Invariant($"EWR: {weather?.Temp} °F, wind {weather?.WindSpeed} mph"));

    // A stream is taken as fast as it is stored. Rows that are rejected keep no others out.
    var aircraft = await store.WriteManyAsync(Fleet.Rows(2000, now));
    aircraft.ThrowIfRejected();
    Console.WriteLine($"aircraft: {aircraft.Applied} applied");

    // What a model asks at inference time: one row for each flight, of features of two kinds of entities.
    var flights = new[] { new { Origin = "EWR", Tailnum = Fleet.Tailnum(7) }, new { Origin = "EWR", Tailnum = "unknown" } };
    foreach (var (flight, inputs) in flights.Zip(await store.QueryAsync<DelayInputs>(flights)))
    {
        Console.WriteLine(FormattableString.Invariant($"{flight.Tailnum} from {flight.Origin}: {inputs?.Temp} °F, {inputs?.Seats?.ToString() ?? "?"} seats"));
    }

    // As they are: the exact text, and what is known of each.
    var raw = await store.GetAsync("EWR", new ReadOptions { Views = ["airport_weather"], Features = ["temp", "wind_gust"], Metadata = true });
    foreach (var (name, known) in raw!.Metadata)
    {
        Console.WriteLine($"{name}: {(raw.Values.TryGetValue(name, out var value) ? value.GetRawText() : "-")} ({known.Status})");
    }

    return 0;
}
catch (FeatureStoreNotFoundException e)
{
    Console.Error.WriteLine($"{e.Message}\nApply the example registry first: featurestore apply features/");
    return 1;
}
catch (FeatureStoreException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
