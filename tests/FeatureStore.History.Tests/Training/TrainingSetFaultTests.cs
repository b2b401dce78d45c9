using FeatureStore.Model;
using Xunit;

namespace FeatureStore.History.Tests;

/// <summary>What cannot be made is said whole, for a person, and nothing is written.</summary>
public sealed class TrainingSetFaultTests : IDisposable
{
    private const string At = "TIMESTAMPTZ '2026-11-24 00:00:00Z'";

    private readonly TrainingStand _stand = new();

    public TrainingSetFaultTests()
    {
        _stand.Add(Views.WeatherView, Views.AirportEntity, [HistoryRow.Merge("EWR", 0, ("temp", "1.5"))]);
        _stand.Add(Views.AircraftView, Views.AircraftEntity, [new HistoryRow(["N1", "7"], RowOperation.Merge, 0, 0, 0, null, new Dictionary<string, string> { ["temp"] = "2.5" })]);
    }

    public void Dispose() => _stand.Dispose();

    [Fact]
    public async Task Every_fault_of_a_request_is_named_at_once()
    {
        var request = _stand.Request(_stand.Events("SELECT 'EWR' AS orign, 'N1' AS tail, 7 AS slot, 1 AS att"),
            "airport_weather:temp", "airport_weather:tmep", "airport_wether:temp", "aircraft:seets", "aircraft:temp", "aircraft:temp") with
        {
            KeyColumns = new Dictionary<string, string> { ["origine"] = "x" },
            Lags = new Dictionary<string, TimeSpan> { ["aircraft"] = TimeSpan.FromSeconds(-1), ["aircrafts"] = TimeSpan.Zero },
            VisibleFrom = VisibleFrom.Accepted,
        };

        Assert.Equal(
        [
            "There is no view 'airport_wether'. Did you mean 'airport_weather'?",
            "The view 'airport_weather' has no feature 'tmep'. Did you mean 'temp'?",
            "The view 'aircraft' has no feature 'seets'. Did you mean 'seats'?",
            "The feature 'aircraft:temp' is asked for more than once.",
            "No view that is asked for has a key 'origine'. Did you mean 'origin'?",
            "The lag of the view 'aircraft' is negative.",
            "A lag is given for 'aircrafts', of which no feature is asked for. Did you mean 'aircraft'?",
            "A lag says from when on rows would have been known; with the time at which they were accepted that is known already. Give one of both.",
            "The events have no column 'at' for their time. Did you mean 'att'?",
            "The events have no column 'origin' for the key 'origin' of the entity 'airport'. Did you mean 'orign'?",
        ], await FaultsAsync(request));
    }

    [Fact]
    public async Task Values_that_are_no_time_or_no_key_are_named_with_their_row()
    {
        var events = _stand.Events("SELECT * FROM (VALUES ('EWR', 'N1', NULL, NULL), ('EWR', 'N1', '7', '2026-11-24T00:00:00Z'), ('EWR', 'N1', 'seven', 'yesterday'), ('EWR', 'N1', '7.5', 'infinity')) AS e(origin, tail, slot, \"at\")");
        foreach (var format in Enum.GetValues<TableFormat>())
        {
            Assert.Equal(
            [
                "Row 3 of the events has 'yesterday' in the column 'at', which is no timestamp.",
                "Row 3 of the events has 'seven' in the column 'slot', which is no int32, as the key 'slot' is.",
            ], await FaultsAsync(_stand.Request(format == TableFormat.Parquet ? events : _stand.Events($"SELECT * FROM read_parquet('{events}')", format), "aircraft:temp")));
        }
    }

    [Theory]
    [InlineData("[7.0::DOUBLE, 7.5]", "7.5")]
    [InlineData("[7.0::DOUBLE, 'nan']", "nan")]
    [InlineData("[-7::BIGINT, 2147483648]", "2147483648")]
    [InlineData("['+7.00', ' 7']", " 7")]
    public async Task A_number_beyond_its_type_is_no_key(string keys, string bad)
    {
        var request = _stand.Request(_stand.Events($"SELECT 'N1' AS tail, unnest({keys}) AS slot, {At} AS \"at\""), "aircraft:temp");
        Assert.Equal([$"Row 2 of the events has '{bad}' in the column 'slot', which is no int32, as the key 'slot' is."], await FaultsAsync(request));
    }

    [Fact]
    public async Task A_column_of_another_type_is_no_time()
    {
        var request = _stand.Request(_stand.Events("SELECT 'EWR' AS origin, 5 AS \"at\""), "airport_weather:temp");
        Assert.Equal(["The column 'at' is INTEGER and no timestamp."], await FaultsAsync(request));
    }

    [Fact]
    public async Task Events_that_cannot_be_read_are_a_fault()
    {
        var missing = _stand.Request(_stand.Folder.File("none.csv"), "airport_weather:temp") with { OutputPath = _stand.Folder.File("none/set.parquet") };
        Assert.Equal([$"There is no folder for the file '{missing.OutputPath}'.", $"There is no file '{missing.EventsPath}'."], await FaultsAsync(missing));

        var broken = _stand.Folder.File("broken.parquet");
        await File.WriteAllTextAsync(broken, "origin,at\n", TestContext.Current.CancellationToken);
        Assert.StartsWith($"The events in '{broken}' cannot be read as Parquet: ", Assert.Single(await FaultsAsync(_stand.Request(broken, "airport_weather:temp"))), StringComparison.Ordinal);

        var torn = _stand.Folder.File("torn.csv");
        await File.WriteAllBytesAsync(torn, [.. "origin,at\n\"EWR"u8, 0xff, 0xfe, .. "\",2026\n"u8], TestContext.Current.CancellationToken);
        Assert.StartsWith($"The events in '{torn}' cannot be read as CSV: ", Assert.Single(await FaultsAsync(_stand.Request(torn, "airport_weather:temp"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Columns_of_one_name_are_a_fault()
    {
        var request = _stand.Request(
            _stand.Events($"SELECT 'EWR' AS origin, {At} AS \"at\", 1 AS temp, 2 AS airport_weather__temp"), "airport_weather:temp");
        Assert.Equal(["The column of the feature 'airport_weather:temp' would be named 'airport_weather__temp', which another column is named already."], await FaultsAsync(request));
    }

    private async Task<IReadOnlyList<string>> FaultsAsync(TrainingSetRequest request)
    {
        var exception = await Assert.ThrowsAsync<TrainingSetException>(() => _stand.CutAsync(request));
        Assert.False(File.Exists(request.OutputPath));
        return exception.Faults;
    }
}
