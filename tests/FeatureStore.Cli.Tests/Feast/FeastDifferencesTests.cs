using FeatureStore.Cli.Registry;
using static FeatureStore.Cli.Tests.Feast.FeastMessages;

namespace FeatureStore.Cli.Tests.Feast;

/// <summary>What of a Feast project is another here, or is not carried over: each is told with its reason.</summary>
public sealed class FeastDifferencesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Output => Path.Combine(_folder.Path, "feast.yaml");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task NamesThatAreNotValidHereAreChangedEverywhere()
    {
        var (registry, table) = await ImportAsync(new ProtoMessage()
            .Message(Entities, Entity("Driver", "driverId", 4))
            .Message(Entities, Entity("driver", "driver-id", 2))
            .Message(FeatureViews, View("DriverStats", ["Driver"], [Field("convRate", 5), Field("conv_rate", 5), Field("7day", 4)], push: Source("Stats Push", PushSource)))
            .Message(FeatureServices, ServiceOf("Model v1", Projection("DriverStats", "convRate", "7day"))));
        Assert.Equal(["driver", "driver_2"], registry.Entities.Keys);
        Assert.Equal("driver_id", registry.Entities["driver_2"].Keys.Single().Name);
        Assert.Equal("driver_id_2", registry.Entities["driver"].Keys.Single().Name);
        var view = registry.Views["driver_stats"];
        Assert.Equal(("driver_2", "stats_push"), (view.Entity, view.PushSources.Single()));
        Assert.Equal(["conv_rate_2", "conv_rate", "x_7day"], view.Features.Select(feature => feature.Name));
        Assert.Equal(["driver_stats:conv_rate_2", "driver_stats:x_7day"], registry.Services["model_v1"].Features.Select(feature => feature.ToString()));
        Told(table, "entity", "Driver", "driver_2", "changed", "Driver is named driver_2; join key driverId is named driver_id");
        Told(table, "view", "DriverStats", "driver_stats", "changed", "DriverStats is named driver_stats; feature convRate is named conv_rate_2; feature 7day is named x_7day");
        Told(table, "push source", "Stats Push", "stats_push", "changed", "Stats Push is named stats_push");
        Told(table, "service", "Model v1", "model_v1", "changed", "Model v1 is named model_v1");
    }

    [Fact]
    public async Task SeveralEntitiesOfAViewAreOneInTheirOrder()
    {
        var (registry, table) = await ImportAsync(Entities3()
            .Message(Entities, Entity("b_a", "x", 4))
            .Message(FeatureViews, View("v", ["b", "a"], [Field("f", 4)]))
            .Message(FeatureViews, View("w", ["a", "b"], [Field("f", 4)]))
            .Message(FeatureViews, View("u", ["b", "a"], [Field("f", 4)])));
        Assert.Equal(("b_a_2", "a_b", "b_a_2"), (registry.Views["v"].Entity, registry.Views["w"].Entity, registry.Views["u"].Entity));
        Assert.Equal(["b_id", "a_id"], registry.Entities["b_a_2"].Keys.Select(key => key.Name));
        Told(table, "entity", "b + a", "b_a_2", "changed", "views of them have one entity here, with the keys b_id, a_id in this order");
    }

    [Fact]
    public async Task WhatHasNoCounterpartIsNamed()
    {
        var (registry, table) = await ImportAsync(Entities3()
            .Message(Entities, Entity("__dummy", "__dummy_id", 2))
            .Message(FeatureViews, View("v", ["a"], [Field("f", 4), Field("g", 4)]))
            .Message(FeatureViews, View("all", ["__dummy"], [Field("f", 4)]))
            .Message(FeatureViews, View("none", [], [Field("f", 4)]))
            .Message(FeatureViews, View("lost", ["gone"], [Field("f", 4)]))
            .Message(FeatureViews, View("bare", ["a"], []))
            .Message(OnDemandFeatureViews, Spec(new ProtoMessage().Text(1, "computed").Text(2, "p")))
            .Message(LabelViews, Spec(new ProtoMessage().Text(1, "labels").Text(2, "p")))
            .Message(SavedDatasets, Spec(new ProtoMessage().Text(1, "train").Text(2, "p")))
            .Message(DataSources, Source("files", BatchFile))
            .Message(DataSources, Source("topic", StreamKafka))
            .Message(DataSources, Source("asked", RequestSource))
            .Message(DataSources, Source("unused_push", PushSource))
            .Message(FeatureServices, ServiceOf("only_computed", Projection("computed", "x")))
            .Message(FeatureServices, ServiceOf("both", Projection("computed", "x"), Projection("v", "f", "nope"))));
        Assert.Equal(["a", "b", "c"], registry.Entities.Keys);
        Assert.Equal(["v"], registry.Views.Keys);
        Assert.Equal(["v:f"], registry.Services["both"].Features.Select(feature => feature.ToString()));
        Told(table, "view", "all", "", "not carried over", "has no entity, and a view here describes one");
        Told(table, "view", "none", "", "not carried over", "has no entity, and a view here describes one");
        Told(table, "view", "lost", "", "not carried over", "its entity gone is not defined");
        Told(table, "view", "bare", "", "not carried over", "has no features");
        Told(table, "on-demand view", "computed", "", "not carried over", "is Python code that runs at each request: compute it in the caller, or before it is written");
        Told(table, "label view", "labels", "", "not carried over", "has no counterpart here");
        Told(table, "saved dataset", "train", "", "not carried over", "is made of history, not declared");
        Told(table, "data source", "files", "", "not carried over", "is not read here: load its rows with `featurestore ingest`");
        Told(table, "data source", "topic", "", "not carried over", "is not read here: let what fills it write to the topic feature-updates, or to feature-ingest");
        Told(table, "data source", "asked", "", "not carried over", "is what a request brings to on-demand views");
        Told(table, "push source", "unused_push", "", "not carried over", "no view that was carried over takes from it");
        Told(table, "service", "only_computed", "", "not carried over", "its features of computed are left out, as that view is not carried over; so it has no features");
        Told(table, "service", "both", "both", "changed", "its features of computed are left out, as that view is not carried over; nope is left out, as v has no such feature");
    }

    [Fact]
    public async Task ViewsOfStreamsAreCarriedOverWithoutTheirCode()
    {
        var (registry, table) = await ImportAsync(Entities3()
            .Message(StreamFeatureViews, StreamView("s", ["a"], [Field("a_id", 4), Field("f", 15)], [Field("a_id", 4)], Source("topic", StreamKafka))));
        var view = registry.Views["s"];
        Assert.Equal(["f"], view.Features.Select(feature => feature.Name));
        Assert.Equal(("From the stream", "team@x", "gold"), (view.Description.Text, view.Description.Owner, view.Description.Tags["tier"]));
        Assert.Equal(TimeSpan.FromMinutes(1), view.Ttl);
        Told(table, "stream view", "s", "s", "changed", "what computes it from its stream is not carried over: let that job write the rows");
    }

    [Fact]
    public async Task APushReachesViewsOfOneEntity()
    {
        var push = Source("s", PushSource);
        var (registry, table) = await ImportAsync(Entities3()
            .Message(FeatureViews, View("u", ["b"], [Field("f", 4)], push: push))
            .Message(FeatureViews, View("v", ["a"], [Field("f", 4)], push: push))
            .Message(FeatureViews, View("w", ["a"], [Field("f", 4)], push: push)));
        Assert.Equal(["v", "w"], registry.PushedBy("s").Select(view => view.Name));
        Told(table, "view", "u", "u", "changed", "is not reached by the push source s, which reaches views of a: all views of a push source have one entity here");
    }

    [Fact]
    public async Task WhatIsServedOtherwiseIsTold()
    {
        var (registry, table) = await ImportAsync(Entities3()
            .Message(FeatureViews, View("off", ["a"], [Field("f", 4).Number(5, 1)], more: spec => spec.Number(8, 0)))
            .Message(FeatureViews, View("out", ["a"], [Field("f", 4)], more: spec => spec.Number(20, 1)))
            .Message(FeatureViews, View("old", ["a"], [Field("f", 4)], ttlSeconds: 4_000_000_000))
            .Message(FeatureViews, View("fine", ["a"], [Field("f", 4).Entry(3, "unit", "°C").Text(4, "Warmth")], ttlSeconds: 1, more: spec => spec.Message(6, new ProtoMessage().Number(2, 1))))
            .Message(FeatureServices, ServiceOf("m", Projection("fine"), Projection("off", "f").Text(3, "other"), Projection("out", "f").Entry(4, "a_id", "b_id"), Projection("old", "f").Number(10, 2))));
        Assert.Null(registry.Views["old"].Ttl);
        Assert.Equal(TimeSpan.FromMilliseconds(1001), registry.Views["fine"].Ttl);
        Assert.Equal(("Warmth", "°C"), (registry.Views["fine"].Features[0].Description.Text, registry.Views["fine"].Features[0].Description.Tags["unit"]));
        Assert.Equal(["fine:f", "off:f", "old:f"], registry.Services["m"].Features.Select(feature => feature.ToString()));
        Told(table, "view", "off", "off", "changed", "feature f is kept, but not searched by nearness; is not online in Feast; here what is written to it is served");
        Told(table, "view", "out", "out", "changed", "is disabled in Feast; here what is written to it is served");
        Told(table, "view", "old", "old", "changed", "its ttl is longer than 100 years; here its values are served for ever");
        Told(table, "view", "fine", "fine", "changed", "its ttl is rounded up to whole milliseconds");
        Told(
            table, "service", "m", "m", "changed",
            "the view off is not called other in it; its features of out by b_id are left out: a view is joined by its own keys here; its features of version 2 of old are those of the view as it is now");
    }

    private static ProtoMessage Entities3() => new ProtoMessage()
        .Message(Entities, Entity("a", "a_id", 4)).Message(Entities, Entity("b", "b_id", 4)).Message(Entities, Entity("c", "c_id", 4));

    private async Task<(Model.Registry Registry, string Table)> ImportAsync(ProtoMessage feast)
    {
        var run = await CommandLine.RunAsync(["import-feast", _folder.Write("registry.db", feast.Bytes), "--output", Output]);
        Assert.True(run.Exit == 0, run.Error);
        var read = RegistryFiles.Read(Output);
        Assert.Empty(read.Faults);
        return (read.Registry, run.Out);
    }

    /// <summary>One line of the table.</summary>
    private static void Told(string table, params string[] cells) =>
        Assert.Contains(table.Split('\n'), line => line.Split('|', StringSplitOptions.TrimEntries) is [_, .. var found, _] && found.SequenceEqual(cells));
}
