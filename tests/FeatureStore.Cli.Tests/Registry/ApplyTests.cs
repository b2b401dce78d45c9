using FeatureStore.Cli.Registry;
using FeatureStore.Cli.Tests.Up;
using FeatureStore.Model.Tests.Registry;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureStore.Cli.Tests.Registry;

/// <summary><c>apply</c>, and <c>registry show|diff|export</c>, as processes against a store that runs.</summary>
public sealed class ApplyTests : IDisposable
{
    private const string Weather = """
        entities:
          airport: { keys: { origin: string } }
        views:
          weather:
            entity: airport
            ttl: 3h
            features: { temp: float64, gusts: int32 }
        services:
          m: [weather:gusts, weather:temp]

        """;

    private readonly TemporaryFolder _folder = new();

    private string Folder => _folder.Path;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task APlanIsShownThenAppliedThenThereIsNothingToChange()
    {
        await using var store = await RunningStore.StartAsync();
        var features = Path.Combine(RepositoryRoot.Path, "features");
        const string plan = """
            The first registry. Once it is applied, only what it declares is written and served:
              + entity aircraft (tailnum: string)
              + entity airport (origin: string)
              + view aircraft of aircraft (tailnum): 8 features, no ttl, pull
              + view airport_weather of airport (origin): 9 features, ttl 3h, push
              + service delay_model_v1: 5 features

            """;
        Is(await store.RunAsync("apply", features, "--dry-run"), 0, plan + "Nothing was applied, as this was a dry run: 5 added.\n", "");
        Is(await store.RunAsync("apply", features), 2, plan, "Nobody can be asked here, so give --yes to do it: Apply this: 5 added?\n");
        Is(await store.RunAsync("registry", "show"), 0, "", "No registry was applied yet: view default takes any features. Declare some, and give them to `featurestore apply`.\n");
        Is(await store.RunAsync("apply", features, "--yes"), 0, plan + "Registry version 1 is applied: 5 added. The services take it up within two seconds.\n", "");
        Is(await store.RunAsync("apply", features), 0, $"There is nothing to change: registry version 1 is what {features} declares.\n", "");
        Is(await store.RunAsync("registry", "diff", features), 0, "", "There is no difference to registry version 1.\n");

        // What it declares is what is written and served.
        var row = _folder.Write("rows.ndjson", """{"view":"airport_weather","entity_id":"EWR","features":{"temp":39.0}}""");
        var written = await CommandProcess.RunAsync("ingest", row, "--endpoint", store.Ingest);
        Assert.True(written.Exit == 0, written.Error);
        var read = await CommandProcess.RunAsync("get", "EWR", "--view", "airport_weather", "--json", "--endpoint", store.Api);
        Assert.Contains("\"temp\":39.0", read.Out, StringComparison.Ordinal);
        var unknown = await CommandProcess.RunAsync("ingest", _folder.Write("more.ndjson", """{"view":"airport_weathr","entity_id":"EWR","features":{"temp":39.0}}"""), "--endpoint", store.Ingest);
        Assert.Contains("Did you mean 'airport_weather'?", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatWasRemovedIsDeletedStill()
    {
        await using var store = await RunningStore.StartAsync();
        _folder.Write("weather.yaml", Weather + "  n: [other:a]\n");
        var other = _folder.Write("other.yaml", "views:\n  other: { entity: airport, features: { a: int32 } }\n");
        Assert.Equal(0, (await store.RunAsync("apply", Folder, "-y")).Exit);
        File.Delete(other);
        _folder.Write("weather.yaml", Weather.Replace(", gusts: int32", "", StringComparison.Ordinal).Replace("weather:gusts, ", "", StringComparison.Ordinal));
        Assert.Equal(0, (await store.RunAsync("apply", Folder, "-y")).Exit);

        var all = await CommandProcess.RunAsync("delete", "EWR", "--all-views", "--yes", "--endpoint", store.Ingest);
        Assert.True(all.Exit == 0, all.Error);
        Assert.Contains("EWR in other: deleted", all.Out, StringComparison.Ordinal);
        Assert.Contains("EWR in weather: deleted", all.Out, StringComparison.Ordinal);
        foreach (var (view, feature) in new[] { ("other", "a"), ("weather", "gusts") })
        {
            var file = await CommandProcess.RunAsync(
                "delete", "--file", _folder.Write("gone.txt", "JFK\n"), "--view", view, "--feature", feature, "--yes", "--endpoint", store.Ingest);
            Assert.True(file.Exit == 0, file.Error);
        }

        // What never was is refused as before, and nothing is written to what was removed.
        Assert.Equal(2, (await CommandProcess.RunAsync("delete", "--file", _folder.Write("gone.txt", "JFK\n"), "--view", "weather", "--feature", "gust", "--yes", "--endpoint", store.Ingest)).Exit);
        Assert.Equal(2, (await CommandProcess.RunAsync("ingest", _folder.Write("in.csv", "origin,a\nEWR,1\n"), "--view", "other", "--endpoint", store.Ingest)).Exit);
    }

    [Fact]
    public async Task EachKindOfChangeIsShownAndWhatWouldMisreadIsRefused()
    {
        await using var store = await RunningStore.StartAsync();
        var file = _folder.Write("weather.yaml", Weather);
        Assert.Equal(0, (await store.RunAsync("apply", Folder, "-y")).Exit);

        _folder.Write("weather.yaml", Weather.Replace("ttl: 3h", "ttl: 1h", StringComparison.Ordinal).Replace("int32", "float64", StringComparison.Ordinal).Replace("m:", "m2:", StringComparison.Ordinal));
        const string changes = """
              ~ view weather
                  feature gusts: int32 → float64
                  ttl: 3h → 1h
              + service m2: 2 features
              - service m

            """;
        Is(await store.RunAsync("registry", "diff", Folder), 1, changes, "Applied over registry version 1: 1 added, 1 changed, 1 removed.\n");
        Is(
            await store.RunAsync("apply", Folder, "-y"), 0,
            "Changes to registry version 1:\n" + changes + "Registry version 2 is applied: 1 added, 1 changed, 1 removed. The services take it up within two seconds.\n", "");

        // Narrowed again: refused before anything is asked of anybody.
        _folder.Write("weather.yaml", Weather);
        var refused = await store.RunAsync("apply", Folder, "-y");
        Assert.Equal((1, "Nothing was applied, because stored data would be misread.\n"), (refused.Exit, refused.Error));
        Assert.Contains("      Refused: 'gusts' is stored as float64 and would be misread as int32. Declare a new version of the view (such as 'weather@2')", refused.Out, StringComparison.Ordinal);

        _folder.Write("weather.yaml", "entities:\n  airport: { keys: { origin: string } }\n");
        var removed = await store.RunAsync("apply", Folder, "-y");
        Assert.Contains("  - view weather of airport: its data is kept and no longer served\n", removed.Out, StringComparison.Ordinal);

        // What was removed is stored still, which the service knows and the files do not.
        _folder.Write("weather.yaml", Weather);
        foreach (var how in (string[])["--dry-run", "--yes"])
        {
            var again = await store.RunAsync("apply", Folder, how);
            Assert.Equal(1, again.Exit);
            Assert.StartsWith($"{file}:4:3: 'gusts' was removed, but is still stored as float64", again.Error, StringComparison.Ordinal);
            Assert.EndsWith("Nothing was applied.\n", again.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task WhoAppliesAtTheSameTimeIsToldWhatTheOtherChanged()
    {
        await using var store = await RunningStore.StartAsync();
        _folder.Write("weather.yaml", Weather);
        Assert.Equal(0, (await store.RunAsync("apply", Folder, "--yes")).Exit);

        using var other = new TemporaryFolder();
        other.Write("weather.yaml", Weather.Replace("ttl: 3h", "ttl: 5m", StringComparison.Ordinal));
        _folder.Write("weather.yaml", Weather.Replace("temp: float64", "temp: float64, dewp: float64", StringComparison.Ordinal));
        var late = await CommandLine.RunAsync(["apply", Folder, "--endpoint", store.Ingest], terminal: true, ask: () =>
        {
            // While the question stands, somebody else is faster.
            Assert.Equal(0, store.RunAsync("apply", other.Path, "--yes").GetAwaiter().GetResult().Exit);
            return "y";
        });
        Assert.Equal(1, late.Exit);
        Assert.Contains("Apply this: 1 changed? [y/N]", late.Error, StringComparison.Ordinal);
        Assert.Contains("Meanwhile registry version 2 was applied over version 1, with these changes:", late.Out, StringComparison.Ordinal);
        Assert.Contains("      ttl: 3h → 5m\n", late.Out, StringComparison.Ordinal);
        Assert.EndsWith("Nothing was applied. Take these changes into your files if they are to stay, and run `featurestore apply` again.\n", late.Error, StringComparison.Ordinal);
        Is(await store.RunAsync("registry", "diff", other.Path), 0, "", "There is no difference to registry version 2.\n");

        var declined = await CommandLine.RunAsync(["apply", Folder, "--endpoint", store.Ingest], terminal: true, answer: "");
        Assert.Equal(1, declined.Exit);
        Assert.EndsWith("Nothing was applied.\n", declined.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsAppliedIsShownAndExportedAndAppliedAgainChangesNothing()
    {
        await using var store = await RunningStore.StartAsync();
        _folder.Write("weather.yaml", Weather);
        Assert.Equal(0, (await store.RunAsync("apply", Folder, "--yes")).Exit);

        var all = await store.RunAsync("registry", "show", "--history-endpoint", store.History);
        Assert.StartsWith("Registry version 1, applied at 20", all.Error, StringComparison.Ordinal);
        Assert.Matches(@"\| airport +\| origin: string \| weather +\|", all.Out);
        Assert.Matches(@"\| weather \| airport \| temp: float64, gusts: int32 \| 3h +\| +\| pull +\| +\| 0 ", all.Out);
        Assert.Matches(@"\| m +\| weather:gusts, weather:temp \|", all.Out);
        var one = await store.RunAsync("registry", "show", "weather", "--history-endpoint", store.History);
        Assert.StartsWith("view weather\nentity: airport (origin: string)\nttl: 3h\nserving: pull\nhistory: no rows yet\nservices: m\n", one.Out, StringComparison.Ordinal);
        Assert.Contains("| gusts   | int32   |", one.Out, StringComparison.Ordinal);
        Is(await store.RunAsync("registry", "show", "m", "--json"), 0, "{\"services\":{\"m\":[\"weather:gusts\",\"weather:temp\"]}}\n", "");
        Is(await store.RunAsync("registry", "show", "wether"), 1, "", "There is no entity, view or feature service 'wether'. Did you mean 'weather'?\n");
        Assert.StartsWith("{\"version\":1,\"applied_at\":\"20", (await store.RunAsync("registry", "show", "--json")).Out, StringComparison.Ordinal);

        var printed = await store.RunAsync("registry", "export");
        Assert.StartsWith("# Registry version 1, applied at 20", printed.Out, StringComparison.Ordinal);
        var target = Path.Combine(Folder, "export");
        Assert.Equal(0, (await store.RunAsync("registry", "export", "--output", target)).Exit);
        Assert.Equal(printed.Out, File.ReadAllText(Path.Combine(target, "registry.yaml")));
        Assert.Equal(0, (await store.RunAsync("apply", target)).Exit);
        var twice = await store.RunAsync("registry", "export", "-o", Folder);
        Assert.Equal(2, twice.Exit);
        Assert.Contains("everything would be declared twice", twice.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoRegistryIsAnotherOnceItWasAppliedAndExported()
    {
        await using var store = await RunningStore.StartAsync();
        var run = 0;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(20), Prop.ForAll(Registries.All, registry =>
        {
            // Others may not follow upon each other: they would misread what the one before might have stored.
            var named = Named(registry, ++run);
            _folder.Write("registry.yaml", RegistryYaml.Write(named));
            Assert.Equal(0, Run("apply", Folder, "--yes").Exit);
            Assert.StartsWith("There is nothing to change", Run("apply", Folder).Out, StringComparison.Ordinal);
            _folder.Write("registry.yaml", Run("registry", "export").Out);
            Assert.Equal(0, Run("registry", "diff", Folder).Exit);
            Assert.Equal(named, RegistryFiles.Read(Folder).Registry);
        }));

        CommandLine Run(params string[] args) => CommandLine.RunAsync([.. args, "--endpoint", store.Ingest]).GetAwaiter().GetResult();
    }

    [Theory]
    [InlineData("apply", 1)]
    [InlineData("registry diff", 2)]
    public async Task FilesWithFaultsStopBeforeAnyCall(string command, int exit)
    {
        var file = _folder.Write("a.yaml", "entities:\n  a: { keys: { x: strng } }");
        var run = await CommandLine.RunAsync([.. command.Split(' '), Folder, "--endpoint", "http://127.0.0.1:1"]);
        Assert.Equal((exit, ""), (run.Exit, run.Out));
        Assert.Equal($"{file}:2:16: A join key is string, int32 or int64; 'strng' is not. Did you mean 'string'?\n1 fault was found.\n", run.Error);
    }

    [Theory]
    [InlineData("apply", 1)]
    [InlineData("registry diff", 2)]
    [InlineData("registry show", 1)]
    [InlineData("registry export", 1)]
    public async Task AServiceThatIsAwayIsNamed(string command, int exit)
    {
        string[] path = command is "apply" or "registry diff" ? [_folder.Write("a.yaml", Weather)] : [];
        var run = await CommandLine.RunAsync([.. command.Split(' '), .. path, "--endpoint", "http://127.0.0.1:1"]);
        Assert.Equal(exit, run.Exit);
        Assert.Contains("feature-ingest is not reachable at http://127.0.0.1:1", run.Error, StringComparison.Ordinal);
    }

    private static void Is(CommandLine run, int exit, string output, string error) => Assert.Equal((exit, output, error), (run.Exit, run.Out, run.Error));

    /// <summary>The same registry with names of its own.</summary>
    private static Model.Registry Named(Model.Registry registry, int number)
    {
        return new Model.Registry(
            registry.Entities.Values.Select(entity => entity with { Name = Name(entity.Name) }),
            registry.Views.Values.Select(view => view with { Name = Name(view.Name), Entity = Name(view.Entity) }),
            registry.Services.Values.Select(service => service with { Features = [.. service.Features.Select(feature => feature with { View = Name(feature.View) })] }));

        string Name(string name) => name.Split('@') is [var view, var version] ? $"{view}_{number}@{version}" : $"{name}_{number}";
    }
}
