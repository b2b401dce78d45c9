namespace FeatureStore.DevSidecar.Resources;

/// <summary>Reads a Resiliency resource: timeouts and retries of deliveries; what else it asks for is refused by name.</summary>
internal static class ResiliencyReader
{
    private static readonly TimeSpan DefaultDuration = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DefaultMaxInterval = TimeSpan.FromSeconds(60);

    public static void Read(YamlFields spec, Dictionary<string, InboundPolicy> inbound)
    {
        var policies = spec.Mapping("policies");
        var timeouts = policies?.Mapping("timeouts");
        var retries = policies?.Mapping("retries");
        if (spec.Mapping("targets") is not { } targets)
        {
            return;
        }

        RefuseAllBut(targets, "components");
        if (targets.Mapping("components") is not { } components)
        {
            return;
        }

        foreach (var name in components.Names)
        {
            var target = components.Mapping(name);
            if (target is null)
            {
                continue;
            }

            RefuseAllBut(target, "inbound");
            if (target.Mapping("inbound") is not { } policy)
            {
                continue;
            }

            RefuseAllBut(policy, "timeout", "retry");
            inbound[name] = new InboundPolicy(Timeout(policy, timeouts), Retry(policy, retries));
        }
    }

    private static TimeSpan? Timeout(YamlFields policy, YamlFields? timeouts) =>
        policy.Text("timeout") is not { Length: > 0 } name ? null
        : timeouts?.Duration(name) ?? throw new SidecarConfigurationException($"{policy.Where}: there is no timeout '{name}'");

    private static RetryPolicy? Retry(YamlFields policy, YamlFields? retries)
    {
        if (policy.Text("retry") is not { Length: > 0 } name)
        {
            return null;
        }

        if (retries?.Mapping(name) is not { } retry)
        {
            throw new SidecarConfigurationException($"{policy.Where}: there is no retry policy '{name}'");
        }

        RefuseAllBut(retry, "policy", "duration", "maxInterval", "maxRetries");
        var exponential = (retry.Text("policy") ?? "constant").ToLowerInvariant() switch
        {
            "constant" => false,
            "exponential" => true,
            var other => throw new SidecarConfigurationException($"{retry.Where}: the retry policy '{other}' is unknown"),
        };
        return new RetryPolicy(
            exponential,
            retry.Duration("duration") ?? DefaultDuration,
            retry.Duration("maxInterval") ?? DefaultMaxInterval,
            retry.Integer("maxRetries") ?? -1);
    }

    private static void RefuseAllBut(YamlFields fields, params ReadOnlySpan<string> known)
    {
        foreach (var name in fields.Names)
        {
            if (!known.Contains(name))
            {
                throw new SidecarConfigurationException($"{fields.Where}.{name} is not in DevSidecar, use daprd");
            }
        }
    }
}
