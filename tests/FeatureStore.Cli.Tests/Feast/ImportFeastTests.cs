using System.Text.Json;
using FeatureStore.Cli.Registry;
using FeatureStore.Model;
using static FeatureStore.Cli.Tests.Feast.FeastMessages;

namespace FeatureStore.Cli.Tests.Feast;

/// <summary><c>import-feast</c>: what a Feast project defines is declared, and what is not is said.</summary>
public sealed class ImportFeastTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Output => Path.Combine(_folder.Path, "out", "feast.yaml");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AProjectIsCarriedOverWhole()
    {
        using var definitions = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Feast", "definitions.json")));
        _folder.Write("feature_store.yaml", "project: p\nprovider: local\nregistry: registry.db\nonline_store: { type: sqlite }\n");
        _folder.Write("registry.db", Recorded(definitions.RootElement).Bytes);
        var run = await ImportAsync(_folder.Path);
        Assert.True(run.Exit == 0, run.Error);
        Assert.Contains("6 entities, 10 views and 2 services are declared now. Next: featurestore apply " + Path.GetDirectoryName(Output), run.Out, StringComparison.Ordinal);

        var registry = Read();
        Assert.Equal(["city", "customer", "customer_city", "driver", "driver_customer", "row"], registry.Entities.Keys);
        Assert.Equal([new JoinKey("driver_id", ScalarType.Int64)], registry.Entities["driver"].Keys);
        Assert.Equal([new JoinKey("driver_id", ScalarType.Int64), new JoinKey("customer_id", ScalarType.String)], registry.Entities["driver_customer"].Keys);
        Assert.Equal([new JoinKey("customer_id", ScalarType.String), new JoinKey("city_code", ScalarType.String)], registry.Entities["customer_city"].Keys);
        foreach (var expected in definitions.RootElement.GetProperty("views").EnumerateArray())
        {
            var view = registry.Views[expected.GetProperty("name").GetString()!];
            Assert.Equal(string.Join('_', Texts(expected.GetProperty("entities"))), view.Entity);
            Assert.Equal(expected.GetProperty("fields").EnumerateObject().Select(field => $"{field.Name} {Here(field.Value.GetString()!)}"), view.Features.Select(feature => $"{feature.Name} {feature.Type}"));
            Assert.Equal(expected.GetProperty("ttl_seconds").GetInt32(), view.Ttl?.TotalSeconds ?? 0);
            Assert.Equal(expected.GetProperty("push_source").GetString(), view.PushSources.SingleOrDefault());
        }

        Assert.Equal(["pulse_now", "pulse_short"], registry.PushedBy("pulse_push").Select(view => view.Name));
        Assert.Equal(
            ["driver_stats:conv_rate", "driver_stats:trips", "driver_week:active"], registry.Services["driver_activity"].Features.Select(feature => feature.ToString()));
        Assert.Equal(
            ["route_stats:rides", "route_stats:avg_fare", "customer_profile:score"], registry.Services["ride_pricing"].Features.Select(feature => feature.ToString()));
        var check = await CommandLine.RunAsync(["registry", "check", Output]);
        Assert.True(check.Exit == 0, check.Error);
    }

    [Theory]
    [InlineData(2, "string", false)]
    [InlineData(19, "json", true)]
    [InlineData(20, "json", false)]
    [InlineData(21, "json", false)]
    [InlineData(22, "list<bytes>", true)]
    [InlineData(23, "list<string>", true)]
    [InlineData(24, "list<int32>", true)]
    [InlineData(25, "list<int64>", true)]
    [InlineData(26, "list<float64>", true)]
    [InlineData(27, "list<float32>", true)]
    [InlineData(28, "list<bool>", true)]
    [InlineData(29, "list<timestamp>", true)]
    [InlineData(30, "bytes", false)]
    [InlineData(31, "bytes", false)]
    [InlineData(32, "json", false)]
    [InlineData(33, "json", false)]
    [InlineData(34, "json", false)]
    [InlineData(35, "json", false)]
    [InlineData(36, "string", false)]
    [InlineData(37, "string", false)]
    [InlineData(38, "list<string>", false)]
    [InlineData(39, "list<string>", false)]
    [InlineData(40, "list<string>", true)]
    [InlineData(41, "list<string>", true)]
    [InlineData(42, "json", false)]
    [InlineData(43, "json", true)]
    [InlineData(44, "string", true)]
    [InlineData(45, "list<string>", true)]
    [InlineData(46, "list<string>", true)]
    [InlineData(47, "json", false)]
    [InlineData(48, "timestamp", true)]
    [InlineData(0, "json", true)]
    [InlineData(99, "json", true)]
    public async Task EachTypeHasOneHere(int type, string expected, bool isLossy)
    {
        var run = await ImportAsync(WriteRegistry(Registry(FeatureViews, View("v", ["driver"], [Field("f", type)]))));
        Assert.True(run.Exit == 0, run.Error);
        Assert.Equal(expected, Read().Views["v"].Features.Single().Type.ToString());
        Assert.Matches(isLossy ? @"\| view +\| v +\| v +\| changed +\| feature f is " : @"\| view +\| v +\| v +\| carried over \| +\|", run.Out);
    }

    [Theory]
    [InlineData(4, "int64")]
    [InlineData(3, "int32")]
    [InlineData(36, "string")]
    [InlineData(8, "int64")]
    [InlineData(1, "string")]
    public async Task EachKeyHasAType(int type, string expected)
    {
        var registry = new ProtoMessage().Message(Entities, Entity("e", "k", type)).Message(FeatureViews, View("v", ["e"], [Field("f", 4)]));
        Assert.Equal(0, (await ImportAsync(WriteRegistry(registry))).Exit);
        Assert.Equal(expected, FeatureType.NameOf(Read().Entities["e"].Keys.Single().Type));
    }

    [Fact]
    public async Task AKeyWithoutATypeTakesThatOfTheViewsColumn()
    {
        var registry = new ProtoMessage().Message(Entities, Entity("e", "k", 0))
            .Message(FeatureViews, View("v", ["e"], [Field("f", 4)], more: spec => spec.Message(12, Field("k", 4))));
        Assert.Equal(0, (await ImportAsync(WriteRegistry(registry))).Exit);
        Assert.Equal(ScalarType.Int64, Read().Entities["e"].Keys.Single().Type);
    }

    private Task<CommandLine> ImportAsync(string path, params string[] more) => CommandLine.RunAsync(["import-feast", path, "--output", Output, .. more]);

    private string WriteRegistry(ProtoMessage registry) => _folder.Write("registry.db", registry.Bytes);

    private Model.Registry Read()
    {
        var read = RegistryFiles.Read(Output);
        Assert.Empty(read.Faults);
        return read.Registry;
    }

    private static ProtoMessage Registry(int field, ProtoMessage item) =>
        new ProtoMessage().Message(Entities, Entity("driver", "driver_id", 4)).Message(field, item);

    private static ProtoMessage Recorded(JsonElement definitions)
    {
        var registry = new ProtoMessage().Text(3, "1").Text(4, "a version").Message(5, new ProtoMessage().Number(1, 1_700_000_000));
        foreach (var entity in definitions.GetProperty("entities").EnumerateArray())
        {
            registry.Message(Entities, Entity(Text(entity, "name"), Text(entity, "join_key"), TypeOf(Text(entity, "type"))));
        }

        foreach (var view in definitions.GetProperty("views").EnumerateArray())
        {
            var push = view.GetProperty("push_source").GetString() is { } name ? Source(name, PushSource).Message(26, Source($"{name}_file", BatchFile)) : null;
            var features = view.GetProperty("fields").EnumerateObject().Select(field => Field(field.Name, TypeOf(field.Value.GetString()!)));
            registry.Message(FeatureViews, View(Text(view, "name"), [.. Texts(view.GetProperty("entities"))], features, view.GetProperty("ttl_seconds").GetInt64(), push));
            if (push is not null)
            {
                registry.Message(DataSources, push);
            }
        }

        foreach (var service in definitions.GetProperty("services").EnumerateArray())
        {
            registry.Message(FeatureServices, ServiceOf(
                Text(service, "name"), [.. service.GetProperty("views").EnumerateArray().Select(view => Projection(Text(view, "view"), [.. Texts(view.GetProperty("features"))]))]));
        }

        return registry;
    }

    /// <summary>The type that a type of the definitions is here.</summary>
    private static string Here(string type) => type.StartsWith("Array(", StringComparison.Ordinal) ? $"list<{Here(type[6..^1])}>"
        : type == "UnixTimestamp" ? "timestamp" : type.ToLowerInvariant();

    private static IEnumerable<string> Texts(JsonElement list) => list.EnumerateArray().Select(text => text.GetString()!);

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString()!;
}
