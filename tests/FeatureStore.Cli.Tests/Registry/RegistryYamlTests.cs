using FeatureStore.Cli.Registry;
using FeatureStore.Model.Tests.Registry;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureStore.Cli.Tests.Registry;

/// <summary>A registry is the same after it was written as YAML and read, and its YAML is what a person would write.</summary>
public sealed class RegistryYamlTests
{
    [Fact]
    public void WhatIsWrittenIsReadBackAsTheSame() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(Registries.All, registry =>
    {
        var yaml = RegistryYaml.Write(registry);
        var read = RegistryFiles.Parse(yaml);
        Assert.Empty(read.Faults);
        Assert.Equal(registry, read.Registry);
        Assert.Equal(yaml, RegistryYaml.Write(read.Registry));
    }));

    [Fact]
    public void NothingIsNothing() => Assert.Equal(Model.Registry.Empty, RegistryFiles.Parse(RegistryYaml.Write(Model.Registry.Empty)).Registry);

    [Fact]
    public void EachFeatureHasALineAndWhatIsShortStaysShort()
    {
        var read = RegistryFiles.Parse("""
            services:
              m1: { features: ["weather@2:temp"], owner: a-team, tags: { tier: "1" } }
              m2: [weather@2:temp, weather@2:gusts]
            views:
              weather@2: { features: { temp: float64, gusts: { default: 0.50, type: float64, description: "none, if calm" } }, push_sources: [b, a], ttl: 90m, entity: runway }
            entities:
              runway: { keys: { runway: int64, airport: string } }
              airport: { keys: { origin: string }, description: "yes" }
            """);
        Assert.Empty(read.Faults);
        Assert.Equal(
            """
            entities:
              airport:
                keys: {origin: string}
                description: "yes"
              runway:
                keys: {runway: int64, airport: string}

            views:
              weather@2:
                entity: runway
                ttl: 1h30m
                push_sources: [b, a]
                features:
                  temp: float64
                  gusts: {type: float64, default: 0.50, description: 'none, if calm'}

            services:
              m1:
                features:
                - weather@2:temp
                owner: a-team
                tags: {tier: "1"}

              m2:
              - weather@2:temp
              - weather@2:gusts

            """,
            RegistryYaml.Write(read.Registry));
    }
}
