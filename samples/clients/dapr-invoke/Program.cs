using System.Net.Http.Json;
using Dapr.Client;
using FeatureStore.Samples.DaprInvoke;

// An app of its own, with its own sidecar: the SDK finds that by DAPR_HTTP_PORT and DAPR_GRPC_PORT, as `dapr run` sets
// them, and sends DAPR_API_TOKEN if it is set. The feature store's address is nowhere: an app id and a topic are enough.
var trip = new Trip(args.ElementAtOrDefault(0) ?? "driver-1001", Kilometres: 12.5, Rating: 4.9);

using var dapr = new DaprClientBuilder().Build();
using var features = dapr.CreateInvokableHttpClient("feature-api");

// What happened is published once; the store, its replicas and its history take it from there. The event's id makes the
// row the same row however often it is delivered.
await dapr.PublishEventAsync("pubsub", "feature-updates", FeatureRow.Of(trip, TimeProvider.System.GetUtcNow()));
Console.WriteLine($"published a trip of {trip.Driver}");

// A model asks by service invocation. The event is on its way, so the first answers may be "not yet".
var path = $"features?entity_id={Uri.EscapeDataString(trip.Driver)}&view=driver_trips";
for (var attempt = 0; attempt < 100; attempt++)
{
    using var reply = await features.GetAsync(new Uri(path, UriKind.Relative));
    if (reply.IsSuccessStatusCode && await reply.Content.ReadFromJsonAsync<EntityFeatures>() is { } found)
    {
        Console.WriteLine($"{found.EntityId}: last trip {found.Features["last_trip_km"]} km, rated {found.Features["last_rating"]}");
        return 0;
    }

    if (reply.StatusCode != System.Net.HttpStatusCode.NotFound)
    {
        Console.Error.WriteLine($"feature-api answered {(int)reply.StatusCode}: {await reply.Content.ReadAsStringAsync()}");
        return 1;
    }

    await Task.Delay(TimeSpan.FromMilliseconds(100));
}

Console.Error.WriteLine("The event did not arrive within 10 s.");
return 1;
