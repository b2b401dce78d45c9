using static FeatureStore.Cli.Tests.Feast.FeastMessages;

namespace FeatureStore.Cli.Tests.Feast;

/// <summary>Where definitions of Feast are looked for, and what is said where they cannot be read.</summary>
public sealed class FeastProjectTests : IDisposable
{
    private const string Dump = """
        {
          "project": "p",
          "dataSources": [{"name": "stats_push", "type": "PUSH_SOURCE", "pushOptions": {}, "batchSource": {"name": "stats", "type": "BATCH_FILE", "fileOptions": {"uri": "s.parquet"}}}],
          "entities": [{"meta": {"createdTimestamp": "2026-08-20T10:00:00.123456Z"}, "spec": {"joinKey": "driver_id", "name": "driver", "valueType": "INT64"}}],
          "featureViews": [{
            "meta": {"materializationIntervals": [{"startTime": "2026-08-20T10:00:00Z", "endTime": "2026-08-21T10:00:00Z"}]},
            "spec": {
              "entities": ["driver"], "entityColumns": [{"name": "driver_id", "valueType": "INT64"}],
              "features": [{"name": "conv_rate", "valueType": "DOUBLE", "tags": {"unit": "1"}}, {"name": "seen", "valueType": "UNIX_TIMESTAMP_LIST"}],
              "name": "stats", "online": true, "ttl": "86400.500s", "streamSource": {"name": "stats_push", "type": "PUSH_SOURCE"}, "newerThanThis": [1, {"a": null}]
            }
          }],
          "onDemandFeatureViews": [{"spec": {"name": "computed", "userDefinedFunction": {"body": "def f(x): pass"}}}],
          "featureServices": [{"spec": {"name": "m", "features": [{"featureViewName": "stats", "featureColumns": [{"name": "seen", "valueType": "UNIX_TIMESTAMP_LIST"}]}]}}]
        }
        """;

    private readonly TemporaryFolder _folder = new();

    private string Output => Path.Combine(_folder.Path, "feast.yaml");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task WhatRegistryDumpPrintsIsReadToo()
    {
        var run = await ImportAsync(_folder.Write("registry.json", Dump));
        Assert.True(run.Exit == 0, run.Error);
        Assert.Equal(
            """
            # From the Feast registry registry.json
            entities:
              driver:
                keys: {driver_id: int64}

            views:
              stats:
                entity: driver
                ttl: 1d500ms
                push_sources: [stats_push]
                features:
                  conv_rate: {type: float64, tags: {unit: "1"}}
                  seen: list<timestamp>

            services:
              m:
              - stats:seen

            """,
            File.ReadAllText(Output));
    }

    [Theory]
    [InlineData("registry: { registry_type: sql, path: 'postgresql+psycopg://x/y' }", "is of type sql, which only Feast can read. Run `feast registry-dump > registry.json` in that project, and give this command registry.json.")]
    [InlineData("registry: { registry_type: snowflake.registry, database: x }", "is of type snowflake.registry, which only Feast can read.")]
    [InlineData("registry: { registry_type: remote, path: localhost:6570 }", "is of type remote, which only Feast can read.")]
    [InlineData("registry: s3://bucket/registry.pb", "is at s3://bucket/registry.pb, not on this machine. Fetch that file and give it to this command.")]
    [InlineData("registry: { path: 'gs://bucket/registry.pb', cache_ttl_seconds: 60 }", "is at gs://bucket/registry.pb, not on this machine.")]
    [InlineData("registry: { path: registry.db, registry_store_type: my.Store }", "is at registry.db, not on this machine.")]
    [InlineData("registry: ${NOT_SET}/registry.db", "is at ${NOT_SET}/registry.db: set the variable that it names.")]
    [InlineData("registry: data/other.db", "data/other.db. Run `feast apply` in that project first.")]
    [InlineData("project: p", "data/registry.db. Run `feast apply` in that project first.")]
    [InlineData("registry: [", "feature_store.yaml:2:1: Not valid YAML:")]
    [InlineData("- a", "holds no settings of a Feast project.")]
    public async Task WhatCannotBeReadIsToldWithTheWayToDoIt(string settings, string expected)
    {
        _folder.Write("feature_store.yaml", settings + "\n");
        var run = await ImportAsync(_folder.Path);
        Assert.Equal(2, run.Exit);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Output));
    }

    [Theory]
    [InlineData("registry: registry.db")]
    [InlineData("registry: { path: registry.db }")]
    [InlineData("registry: { registry_type: file, path: '${REGISTRY_FILE}' }")]
    [InlineData("registry: $REGISTRY_FILE")]
    [InlineData("registry: file://{0}/registry.db")]
    public async Task ARegistryIsFoundAsFeastFindsIt(string settings)
    {
        _folder.Write("registry.db", One("p").Bytes);
        _folder.Write("feature_store.yaml", settings.Replace("{0}", _folder.Path, StringComparison.Ordinal) + "\nproject: p\n");
        foreach (var path in (string[])[_folder.Path, Path.Combine(_folder.Path, "feature_store.yaml"), Path.Combine(_folder.Path, "registry.db")])
        {
            var run = await CommandLine.RunAsync(
                ["import-feast", path, "--output", Output, "--yes"], variables: new Dictionary<string, string> { ["REGISTRY_FILE"] = "registry.db" });
            Assert.True(run.Exit == 0, run.Error);
        }
    }

    [Fact]
    public async Task OneOfSeveralProjectsIsChosen()
    {
        var several = new ProtoMessage()
            .Message(Entities, Entity("driver", "driver_id", 4, "p")).Message(FeatureViews, View("v", ["driver"], [Field("f", 4)], project: "p"))
            .Message(Entities, Entity("user", "user_id", 4, "q")).Message(FeatureViews, View("w", ["user"], [Field("f", 4)], project: "q"));
        var file = _folder.Write("registry.db", several.Bytes);
        var unsaid = await ImportAsync(file);
        Assert.Equal(2, unsaid.Exit);
        Assert.Contains("holds several projects: p, q. Say with --project which one.", unsaid.Error, StringComparison.Ordinal);
        var misspelt = await ImportAsync(file, "--project", "qq");
        Assert.Contains("holds no project 'qq'. Did you mean 'q'? It holds p, q.", misspelt.Error, StringComparison.Ordinal);
        var said = await ImportAsync(file, "--project", "q");
        Assert.True(said.Exit == 0, said.Error);
        Assert.DoesNotContain("driver", File.ReadAllText(Output), StringComparison.Ordinal);
        _folder.Write("feature_store.yaml", "project: p\nregistry: registry.db\n");
        Assert.Equal(0, (await ImportAsync(_folder.Path, "--yes")).Exit);
        Assert.DoesNotContain("user", File.ReadAllText(Output), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "is no Feast registry, or an empty one.")]
    [InlineData("a text", "is no Feast registry: ")]
    [InlineData("{ \"entities\": 7", "is no Feast registry: ")]
    [InlineData("{}", "is no Feast registry, or an empty one.")]
    [InlineData("SQLite format 3\0 and more", "is a SQLite database, which only Feast can read. Run `feast registry-dump > registry.json`")]
    public async Task WhatIsNoRegistryIsRefused(string content, string expected)
    {
        var run = await ImportAsync(_folder.Write("registry.db", content));
        Assert.Equal(2, run.Exit);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsNotThereIsAMistakeOfTheCommandLine()
    {
        var run = await ImportAsync(_folder.Path);
        Assert.Equal(2, run.Exit);
        Assert.Contains("feature_store.yaml. Give the folder of a Feast project, its registry file, or what `feast registry-dump` printed.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFileIsReplacedOnlyIfThatIsSaid()
    {
        var file = _folder.Write("registry.db", One("p").Bytes);
        File.WriteAllText(Output, "mine");
        var run = await ImportAsync(file);
        Assert.Equal(2, run.Exit);
        Assert.Contains("give --yes", run.Error, StringComparison.Ordinal);
        var no = await CommandLine.RunAsync(["import-feast", file, "--output", Output], terminal: true, answer: "n");
        Assert.Equal((1, "mine"), (no.Exit, File.ReadAllText(Output)));
        Assert.Equal(0, (await ImportAsync(file, "--yes")).Exit);
        Assert.NotEqual("mine", File.ReadAllText(Output));
    }

    private Task<CommandLine> ImportAsync(string path, params string[] more) => CommandLine.RunAsync(["import-feast", path, "--output", Output, .. more]);

    private static ProtoMessage One(string project) => new ProtoMessage()
        .Message(Entities, Entity("driver", "driver_id", 4, project)).Message(FeatureViews, View("v", ["driver"], [Field("f", 4)], project: project));
}
