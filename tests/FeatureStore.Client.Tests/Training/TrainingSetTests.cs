using System.Security.Cryptography;
using System.Text;
using FeatureStore.Harness;

namespace FeatureStore.Client.Tests.Training;

/// <summary>Training sets by the client, against the services.</summary>
[Collection(DeclaredStore.Collection)]
public sealed class TrainingSetTests(DeclaredStore store) : IAsyncLifetime
{
    private static readonly TrainingSetSpec Weather = new()
    {
        TimeColumn = "t",
        Features = ["airport_weather:temp", "airport_weather:sky"],
        KeyColumns = new Dictionary<string, string> { ["origin"] = "airport" },
        Format = TrainingSetFormat.Csv,
    };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("featurestore-");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var created = new DateTimeOffset(2020, 1, 1, 11, 30, 0, TimeSpan.Zero);
        await store.Http.WriteManyAsync(
            [
                FeatureRow.Merge("T-1", new { temp = 1.5, sky = "clear, blue" }) with { View = "airport_weather", EventTimestamp = new(2020, 1, 1, 10, 0, 0, TimeSpan.Zero), CreatedTimestamp = created },
                FeatureRow.Merge("T-1", new { temp = 2.5 }) with { View = "airport_weather", EventTimestamp = new(2020, 1, 1, 12, 0, 0, TimeSpan.Zero), CreatedTimestamp = created },
            ],
            cancellationToken: Cancel);
        await Wait.UntilAsync(async () => (await MakeAsync(Weather)).EndsWith(",2.5,\n", StringComparison.Ordinal), "the rows to be in history");
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Each_event_has_what_was_true_at_its_time()
    {
        await using var set = await store.Http.TrainingSets.CreateAsync(Weather, Events(), cancellationToken: Cancel);
        var path = Path.Combine(_folder.FullName, "set.csv");
        await File.WriteAllTextAsync(path, "what was there before", Cancel);
        await set.DownloadAsync(path, Cancel);
        Assert.Equal(
            """
            airport,t,temp,sky
            T-1,2020-01-01T09:00:00Z,,
            T-1,2020-01-01T11:00:00Z,1.5,"clear, blue"
            T-1,2020-01-01T13:30:00Z,2.5,

            """,
            await File.ReadAllTextAsync(path, Cancel));
        Assert.Equal(3, set.Events);
        Assert.Equal([new("airport_weather:temp", "temp", 2), new("airport_weather:sky", "sky", 1)], set.Features);
        Assert.Equal((new FileInfo(path).Length, Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(path, Cancel)))), (set.Bytes, set.Sha256));
        Assert.Equal([path], Directory.GetFiles(_folder.FullName));

        // Once it is let go of it is nowhere.
        Assert.True(await FeatureStack.IsOkAsync(store.Stack.History, $"/training-sets/{set.Id}"));
        await set.DisposeAsync();
        Assert.False(await FeatureStack.IsOkAsync(store.Stack.History, $"/training-sets/{set.Id}"));
        await Assert.ThrowsAsync<FeatureStoreNotFoundException>(() => set.DownloadAsync(path, Cancel));
    }

    [Fact]
    public async Task When_rows_count_and_the_service_and_Parquet_can_be_chosen()
    {
        Assert.EndsWith("T-1,2020-01-01T11:00:00Z,,\nT-1,2020-01-01T13:30:00Z,2.5,\n", await MakeAsync(Weather with { AsOf = TrainingAsOf.Created }), StringComparison.Ordinal);
        Assert.EndsWith("T-1,2020-01-01T13:30:00Z,,\n", await MakeAsync(Weather with { AsOf = TrainingAsOf.Accepted }), StringComparison.Ordinal);
        Assert.EndsWith(
            "T-1,2020-01-01T11:00:00Z,,\nT-1,2020-01-01T13:30:00Z,2.5,\n",
            await MakeAsync(Weather with { Lags = new Dictionary<string, TimeSpan> { ["airport_weather"] = TimeSpan.FromMinutes(61.5) } }), StringComparison.Ordinal);
        Assert.Equal(
            "airport,t,temp,sky",
            (await MakeAsync(Weather with { Features = [], Service = "weather_model_v1" })).Split('\n')[0]);

        await using var parquet = await store.Dapr.TrainingSets.CreateAsync(Weather with { Format = TrainingSetFormat.Parquet }, Events(), cancellationToken: Cancel);
        using var file = new MemoryStream();
        await parquet.DownloadAsync(file, Cancel);
        Assert.Equal("PAR1", Encoding.ASCII.GetString(file.ToArray()[..4]));
        await using var again = await store.Http.TrainingSets.CreateAsync(
            Weather with { EventsFormat = TrainingSetFormat.Parquet }, new MemoryStream(file.ToArray()), cancellationToken: Cancel);
        Assert.Equal("airport_weather__temp", again.Features[0].Column);
    }

    [Fact]
    public async Task What_cannot_be_made_says_all_that_is_wrong()
    {
        var e = await Assert.ThrowsAsync<FeatureStoreInvalidException>(() => store.Http.TrainingSets.CreateAsync(
            Weather with { Features = ["airport_weather:tmep"], TimeColumn = "when" }, Events(), cancellationToken: Cancel));
        Assert.Equal(2, e.Faults.Count);
        Assert.Contains("Did you mean 'temp'?", e.Message, StringComparison.Ordinal);
        Assert.Contains("no column 'when'", e.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<FeatureStoreNotFoundException>(() => store.Http.TrainingSets.CreateAsync(Weather with { Service = "nothing" }, Events(), cancellationToken: Cancel));
        await Assert.ThrowsAsync<FeatureStoreInvalidException>(() => store.Http.TrainingSets.CreateAsync(Weather with { Features = ["temp"] }, Events(), cancellationToken: Cancel));
    }

    private async Task<string> MakeAsync(TrainingSetSpec spec)
    {
        await using var set = await store.Http.TrainingSets.CreateAsync(spec, Events(), cancellationToken: Cancel);
        using var data = new MemoryStream();
        await set.DownloadAsync(data, Cancel);
        return Encoding.UTF8.GetString(data.ToArray());
    }

    private static MemoryStream Events() => new(Encoding.UTF8.GetBytes("airport,t\nT-1,2020-01-01T09:00:00Z\nT-1,2020-01-01T11:00:00Z\nT-1,2020-01-01T13:30:00Z\n"));
}
