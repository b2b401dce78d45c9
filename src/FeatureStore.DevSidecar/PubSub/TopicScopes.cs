using FeatureStore.DevSidecar.Resources;

namespace FeatureStore.DevSidecar.PubSub;

/// <summary>Which topics of a component the app may publish and subscribe to.</summary>
internal sealed class TopicScopes
{
    private readonly HashSet<string>? _allowed;
    private readonly HashSet<string> _protected;
    private readonly HashSet<string>? _publishing;
    private readonly HashSet<string>? _subscribing;

    public TopicScopes(ComponentMetadata metadata, string appId)
    {
        _allowed = Topics(metadata.Text("allowedTopics"));
        _protected = Topics(metadata.Text("protectedTopics")) ?? [];
        _publishing = Scoped(metadata.Text("publishingScopes"), appId);
        _subscribing = Scoped(metadata.Text("subscriptionScopes"), appId);
    }

    public bool MayPublish(string topic) => May(topic, _publishing);

    public bool MaySubscribe(string topic) => May(topic, _subscribing);

    private static HashSet<string>? Topics(string text) => text.Length == 0 ? null
        : [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>The topics that <c>app1=a,b;app2=c</c> gives the app; null when it is not named.</summary>
    private static HashSet<string>? Scoped(string text, string appId)
    {
        foreach (var scope in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = scope.Split('=', 2, StringSplitOptions.TrimEntries);
            if (parts[0] == appId)
            {
                return Topics(parts.Length > 1 ? parts[1] : "") ?? [];
            }
        }

        return null;
    }

    private bool May(string topic, HashSet<string>? scoped) =>
        (_allowed is null || _allowed.Contains(topic) || _protected.Contains(topic))
        && (scoped?.Contains(topic) ?? !_protected.Contains(topic));
}
