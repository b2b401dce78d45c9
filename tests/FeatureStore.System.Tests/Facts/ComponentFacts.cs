using System.Globalization;
using FeatureStore.Harness;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace FeatureStore.SystemTests.Facts;

/// <summary>Facts that component YAML has to heed, held against every folder that is shipped.</summary>
public sealed class ComponentFacts
{
    /// <summary>What a type cannot do without.</summary>
    private static readonly Dictionary<string, string[]> Needed = new()
    {
        ["state.redis"] = ["redisHost", "redisPassword"],
        ["state.sqlite"] = ["connectionString"],
        ["state.postgresql"] = ["connectionString"],
        ["pubsub.redis"] = ["redisHost", "redisPassword"],
        ["pubsub.sqlite"] = ["connectionString"],
        ["pubsub.kafka"] = ["brokers", "authType"],
        ["pubsub.rabbitmq"] = ["connectionString"],
    };

    public static TheoryData<string> Folders => [.. ComponentFiles.Folders];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Fact_22_every_subscription_has_a_retry_policy_that_lasts_and_a_dead_letter_topic_or_is_one(string folder)
    {
        var resources = ComponentFiles.Read(folder);
        var subscriptions = resources.Where(resource => resource.Kind == "Subscription").ToList();
        Assert.NotEmpty(subscriptions);
        var deadLetters = subscriptions.Select(subscription => subscription.Text("spec", "deadLetterTopic")).ToHashSet();
        foreach (var subscription in subscriptions.Where(subscription => !IsBroadcast(subscription)))
        {
            Assert.True(subscription.Text("spec", "deadLetterTopic") is { Length: > 0 } || deadLetters.Contains(subscription.Text("spec", "topic")), subscription.Path);
            Assert.Equal(subscription.Text("spec", "topic") == "feature-history" ? "history" : "pubsub", subscription.Text("spec", "pubsubname"));
        }

        // Where feature-ingest puts what it cannot take.
        Assert.Contains("feature-updates-dead-letter", deadLetters);

        var resiliency = Assert.Single(resources, resource => resource.Kind == "Resiliency");
        Assert.Equal(["feature-ingest", "feature-history"], resiliency.List("scopes"));
        foreach (var component in (string[])["pubsub", "history"])
        {
            var policy = resiliency.Text("spec", "targets", "components", component, "inbound", "retry")!;
            Assert.Equal("constant", resiliency.Text("spec", "policies", "retries", policy, "policy"));
            Assert.Equal("-1", resiliency.Text("spec", "policies", "retries", policy, "maxRetries"));
        }

        Assert.Null(resiliency.At("spec", "targets", "components", "statestore"));
    }

    private static bool IsBroadcast(ResourceFile subscription) => subscription.Text("spec", "pubsubname") == "broadcast";

    [Theory]
    [MemberData(nameof(Folders))]
    public void Fact_26_every_subscription_is_delivered_raw_and_in_bulk(string folder)
    {
        foreach (var subscription in ComponentFiles.Read(folder).Where(resource => resource.Kind == "Subscription"))
        {
            // That the registry has changed is only a hint to look, which nothing is lost with.
            Assert.Equal(subscription.Text("spec", "topic") == "feature-registry" ? null : "true", subscription.Text("spec", "bulkSubscribe", "enabled"));
            Assert.Equal("true", subscription.Text("spec", "metadata", "rawPayload"));
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Fact_30_intervals_are_whole_milliseconds_and_a_delivery_is_over_before_it_is_made_again(string folder)
    {
        var resources = ComponentFiles.Read(folder);
        var resiliency = resources.Single(resource => resource.Kind == "Resiliency");
        foreach (var pubsub in resources.Where(resource => resource.Type is "pubsub.redis" or "pubsub.sqlite"))
        {
            // Nothing retries a broadcast, which has none.
            var component = pubsub.Name == "broadcast" ? "pubsub" : pubsub.Name!;
            var limit = resiliency.Text("spec", "policies", "timeouts", resiliency.Text("spec", "targets", "components", component, "inbound", "timeout")!)!;
            Assert.EndsWith("s", limit, StringComparison.Ordinal);
            Assert.True(Number(pubsub, "redeliverInterval") > 0, pubsub.Path);
            Assert.True(Number(pubsub, "processingTimeout") > int.Parse(limit.TrimEnd('s'), CultureInfo.InvariantCulture) * 1000, pubsub.Path);
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Fact_34_a_broker_has_several_bulks_under_way(string folder)
    {
        var resources = ComponentFiles.Read(folder);
        var largest = resources.Where(resource => resource.Kind == "Subscription" && !IsBroadcast(resource))
            .Max(subscription => int.Parse(subscription.Text("spec", "bulkSubscribe", "maxMessagesCount")!, CultureInfo.InvariantCulture));
        foreach (var pubsub in resources.Where(resource => resource.Type is "pubsub.redis" or "pubsub.sqlite"))
        {
            Assert.True(Number(pubsub, "concurrency") >= 2 * largest, pubsub.Path);
            Assert.True(Number(pubsub, "queueDepth") >= Number(pubsub, "concurrency"), pubsub.Path);
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Fact_35_a_Redis_broker_has_more_connections_than_topics(string folder)
    {
        var resources = ComponentFiles.Read(folder);
        var topics = resources.Count(resource => resource.Kind == "Subscription");
        Assert.All(resources.Where(resource => resource.Type == "pubsub.redis"), pubsub => Assert.True(Number(pubsub, "poolSize") >= 10 + topics, pubsub.Path));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Fact_36_a_Redis_stream_is_trimmed_and_its_group_has_a_fixed_name(string folder)
    {
        foreach (var pubsub in ComponentFiles.Read(folder).Where(resource => resource.Type == "pubsub.redis"))
        {
            Assert.True(pubsub.Setting("streamTTL") is not null || pubsub.Setting("maxLenApprox") is not null, pubsub.Path);
            Assert.Equal(pubsub.Name == "broadcast" ? "{uuid}" : null, pubsub.Setting("consumerID"));
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Fact_37_no_subscription_routes_by_a_rule(string folder)
    {
        foreach (var subscription in ComponentFiles.Read(folder).Where(resource => resource.Kind == "Subscription"))
        {
            Assert.Equal("dapr.io/v2alpha1", subscription.Text("apiVersion"));
            Assert.Equal(["default"], ((YamlMappingNode)subscription.At("spec", "routes")!).Children.Keys.Select(key => key.ToString()));
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Fact_38_a_topic_is_subscribed_to_once(string folder) => Assert.Distinct(
        ComponentFiles.Read(folder).Where(resource => resource.Kind == "Subscription").Select(subscription => subscription.Text("spec", "topic")));

    [Theory]
    [MemberData(nameof(Folders))]
    public void Fact_60_every_file_is_a_resource_that_is_known_and_named_once(string folder)
    {
        var resources = ComponentFiles.Read(folder);
        Assert.Equal(["broadcast", "history", "pubsub", "statestore"], resources.Where(resource => resource.Kind == "Component").Select(resource => resource.Name).Order());
        Assert.All(resources, resource => Assert.Contains(resource.Kind, (string[])["Component", "Subscription", "Resiliency"]));
        Assert.All(resources.Where(resource => resource.Kind == "Component"), component =>
        {
            Assert.Equal("dapr.io/v1alpha1", component.Text("apiVersion"));
            Assert.True(ComponentSettings.IsKnown(component.Type!), component.Type);
        });
        Assert.Distinct(resources.Where(resource => resource.Kind == "Subscription").Select(resource => resource.Name));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Fact_60_every_setting_is_one_that_its_component_reads_and_takes(string folder)
    {
        foreach (var component in ComponentFiles.Read(folder).Where(resource => resource.Kind == "Component"))
        {
            Assert.All(component.Settings, setting => Assert.Null(
                ComponentSettings.Fault(component.Type!, setting.Text("name")!, setting.Text("value") ?? "") is { } fault && setting.Text("envRef") is null ? $"{component.Path}: {fault}" : null));
            Assert.Distinct(component.Settings.Select(setting => setting.Text("name")));
        }
    }

    [Theory]
    [InlineData("pubsub.rabbitmq", "prefetchCount", "400")]
    [InlineData("pubsub.rabbitmq", "concurrency", "parallel")]
    [InlineData("pubsub.redis", "redeliverInterval", "10s")]
    [InlineData("state.postgresql", "cleanupInterval", "ten")]
    public void Fact_60_a_setting_that_would_be_ignored_or_end_the_sidecar_is_seen(string type, string name, string value) =>
        Assert.NotNull(ComponentSettings.Fault(type, name, value));

    [Theory]
    [MemberData(nameof(Folders))]
    public void Fact_61_what_a_component_needs_is_said_and_hangs_on_no_secret_store(string folder)
    {
        foreach (var component in ComponentFiles.Read(folder).Where(resource => resource.Kind == "Component"))
        {
            Assert.All(Needed[component.Type!], setting => Assert.True(component.Setting(setting) is { Length: > 0 }, $"{component.Path}: {setting}"));
            Assert.Null(component.At("auth"));
            Assert.DoesNotContain(component.Settings, setting => setting.At("secretKeyRef") is not null);
        }

        // With another prefix for each app, one service would never see what the other wrote.
        Assert.Equal("featurestore", ComponentFiles.Read(folder).Single(resource => resource.Name == "statestore").Setting("keyPrefix"));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Fact_62_no_file_hopes_for_a_variable_to_be_expanded(string folder)
    {
        foreach (var file in ComponentFiles.Files(folder))
        {
            Assert.DoesNotContain("${", File.ReadAllText(file), StringComparison.Ordinal);
        }

        Assert.All(
            ComponentFiles.Read(folder).SelectMany(resource => resource.Settings).Select(setting => setting.Text("envRef")).OfType<string>(),
            name => Assert.False(name.StartsWith("DAPR_", StringComparison.Ordinal) || name == "APP_API_TOKEN", name));
    }

    [Fact]
    public void Fact_56_the_api_is_probed_for_life_so_that_an_outage_is_answered_by_itself()
    {
        var apps = ComponentFiles.ReadFile(Repository.PathOf("dapr.yaml")).Single();
        var probed = ((YamlSequenceNode)apps.At("apps")!).Select(app => apps with { Root = app })
            .ToDictionary(app => app.Text("appID")!, app => app.Text("appHealthCheckPath"));
        Assert.Equal(new Dictionary<string, string?> { ["feature-api"] = "/health/live", ["feature-ingest"] = "/health/ready", ["feature-history"] = "/health/ready" }, probed);

        var compose = ComponentFiles.ReadFile(Repository.PathOf("docker-compose.yml")).Single();
        foreach (var (app, path) in probed)
        {
            var command = compose.List("services", $"{app}-dapr", "command");
            Assert.Contains("--enable-app-health-check", command);
            Assert.Contains($"--app-health-check-path={path}", command);
        }
    }

    private static int Number(ResourceFile component, string setting) => int.Parse(component.Setting(setting)!, NumberStyles.None, CultureInfo.InvariantCulture);
}
