namespace FeatureStore.DevSidecar.Tests.Harness;

/// <summary>Resources as files would hold them.</summary>
internal static class Yaml
{
    public static string Component(string name, string type, params (string Name, string Value)[] metadata) => $"""
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata:
          name: {name}
        spec:
          type: {type}
          version: v1
        {(metadata.Length == 0 ? "" : "  metadata:\n" + string.Join("\n", metadata.Select(m => $"  - name: {m.Name}\n    value: \"{m.Value}\"")))}
        """;

    public static string Retry(string pubsub, string policy) => $"""
        apiVersion: dapr.io/v1alpha1
        kind: Resiliency
        metadata:
          name: resiliency
        spec:
          policies:
            timeouts:
              delivery: 1s
            retries:
              it:
                {policy.ReplaceLineEndings("\n        ")}
          targets:
            components:
              {pubsub}:
                inbound:
                  retry: it
        """;

    public static string Subscription(string topic, string route, string? rest = null, string? scope = null) => $"""
        apiVersion: dapr.io/v2alpha1
        kind: Subscription
        metadata:
          name: {topic}
        spec:
          pubsubname: ps
          topic: {topic}
          routes:
            default: {route}
        {rest}
        {(scope is null ? "" : $"scopes:\n- {scope}")}
        """;
}
