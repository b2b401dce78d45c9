using System.Globalization;
using System.Security.Cryptography;
using FeatureStore.Cli.Ingest;
using FeatureStore.Cli.Tests.Up;

namespace FeatureStore.Cli.Tests.Training;

/// <summary><c>training-set</c> of the sample data, against a store that runs: what the set has is reckoned anew here.</summary>
public sealed class SampleTrainingSetTests : IDisposable
{
    private static readonly TimeSpan WeatherTtl = TimeSpan.FromHours(3);
    private static readonly string[] Weather = ["temp", "wind_speed", "visib"];
    private static readonly string[] Aircraft = ["seats", "engines"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task EachFlightHasTheWeatherOfItsHourAndItsAircraftInBothFormats()
    {
        await using var store = await RunningStore.StartAsync();
        Done(await store.RunAsync("apply", Repository("features"), "--yes"));
        Done(await store.RunAsync("ingest", Sample("weather.csv"), "--view", "airport_weather", "--time", "time_hour", "--to", "history"));
        Done(await store.RunAsync("ingest", Sample("planes.csv"), "--view", "aircraft", "--at", "2013-01-01T00:00:00Z"));
        await RunningStore.KeptAsync(store.History, "airport_weather", 4236);
        await RunningStore.KeptAsync(store.History, "aircraft", 3322);

        var csv = Path.Combine(_folder.Path, "train.csv");
        string[] asked = ["--id", "tailnum", "--id", "origin", "--time", "scheduled_departure", "--service", "delay_model_v1", "--endpoint", store.History];
        var made = await CommandProcess.RunAsync(["training-set", "--events", Sample("flights.csv"), "--out", csv, .. asked]);
        Done(made);
        Assert.DoesNotContain("Note: ", made.Error, StringComparison.Ordinal);
        var expected = Expected();
        var events = File.ReadAllLines(Sample("flights.csv"));
        var lines = File.ReadAllLines(csv);
        Assert.Equal($"{events[0]},temp,wind_speed,visib,seats,engines", lines[0]);
        Assert.Equal(events.Length, lines.Length);
        for (var i = 1; i < lines.Length; i++)
        {
            Assert.StartsWith(events[i] + ",", lines[i], StringComparison.Ordinal);
            Assert.Equal(expected[i - 1], lines[i][(events[i].Length + 1)..].Split(',').Select(Number));
        }

        Assert.StartsWith("27,004 events with 5 features in ", made.Out, StringComparison.Ordinal);
        string[] names = [.. Weather.Select(name => $"airport_weather:{name}"), .. Aircraft.Select(name => $"aircraft:{name}")];
        for (var i = 0; i < names.Length; i++)
        {
            var matched = expected.Count(row => row[i] is not null);
            Assert.InRange(matched, 1, expected.Count);
            Assert.Matches($@"(?m)^  {names[i]} +{matched.ToString("N0", CultureInfo.InvariantCulture)}  ", made.Out);
        }

        Assert.Contains($"{csv}: {new FileInfo(csv).Length.ToString("N0", CultureInfo.InvariantCulture)} bytes\n", made.Out, StringComparison.Ordinal);
        Assert.EndsWith($"SHA-256 {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(csv)))}\n", made.Out, StringComparison.Ordinal);

        // The same in Parquet, over a file that is there.
        var parquet = _folder.Write("train.parquet", "what was there before");
        Done(await CommandProcess.RunAsync(["training-set", "--events", Sample("flights.csv"), "--out", parquet, .. asked]));
        var back = Path.Combine(_folder.Path, "back.csv");
        using (var copied = DuckDbRows.Of($"COPY (SELECT temp, wind_speed, visib, seats, engines FROM read_parquet({DuckDbRows.Literal(parquet)})) TO {DuckDbRows.Literal(back)} (FORMAT csv)"))
        {
            copied.Read()?.Dispose();
        }

        Assert.Equal(expected, File.ReadLines(back).Skip(1).Select(line => (double?[])[.. line.Split(',').Select(Number)]));

        // Events in Parquet: the set that was made is one.
        var again = Path.Combine(_folder.Path, "again.csv");
        Done(await CommandProcess.RunAsync(
            "training-set", "--events", parquet, "--out", again, "--time", "scheduled_departure", "--id", "origin", "--features", "airport_weather:temp,airport_weather:visib",
            "--endpoint", store.History));
        Assert.Equal(
            expected.Select(row => (row[0], row[2])),
            File.ReadLines(again).Skip(1).Select(line => line.Split(',')).Select(cells => (Number(cells[^2]), Number(cells[^1]))));
        Assert.EndsWith(",airport_weather__temp,airport_weather__visib", File.ReadLines(again).First(), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.tmp"));
    }

    /// <summary>What each flight is to have: temp, wind_speed, visib, seats, engines.</summary>
    private static List<double?[]> Expected()
    {
        var weather = Records("weather.csv").GroupBy(row => row["origin"]).ToDictionary(
            group => group.Key, group => group.OrderBy(row => Time(row["time_hour"])).ToList());
        var aircraft = Records("planes.csv").ToDictionary(row => row["tailnum"]);
        return [.. Records("flights.csv").Select(flight =>
        {
            var at = Time(flight["scheduled_departure"]);
            var hour = weather[flight["origin"]].LastOrDefault(row => Time(row["time_hour"]) <= at);
            hour = hour is not null && at < Time(hour["time_hour"]) + WeatherTtl ? hour : null;
            var plane = aircraft.GetValueOrDefault(flight["tailnum"]);
            return (double?[])[.. Weather.Select(name => hour is null ? null : Number(hour[name])), .. Aircraft.Select(name => plane is null ? null : Number(plane[name]))];
        })];
    }

    private static IEnumerable<Dictionary<string, string>> Records(string file)
    {
        var lines = File.ReadAllLines(Sample(file));
        var names = lines[0].Split(',');
        return lines.Skip(1).Select(line => names.Zip(line.Split(',')).ToDictionary(pair => pair.First, pair => pair.Second));
    }

    private static double? Number(string text) => text.Length == 0 ? null : double.Parse(text, CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private static void Done(CommandLine run) => Assert.True(run.Exit == 0, run.Error + run.Out);

    private static string Sample(string file) => Repository($"samples/nyc-flights/{file}");

    private static string Repository(string path) => Path.Combine(RepositoryRoot.Path, path);
}
