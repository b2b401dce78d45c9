namespace FeatureStore.DevSidecar.State;

/// <summary>A store under its component's name, with the prefix that its keys get.</summary>
internal sealed class NamedStateStore(string name, string prefix, IStateStore store)
{
    public const string Separator = "||";

    public string Name { get; } = name;

    public IStateStore Store { get; } = store;

    public string StoredKey(string key) => prefix.Length == 0 ? key : string.Concat(prefix, Separator, key);

    public string[] StoredKeys(IReadOnlyList<string> keys)
    {
        var stored = new string[keys.Count];
        for (var i = 0; i < stored.Length; i++)
        {
            stored[i] = StoredKey(keys[i]);
        }

        return stored;
    }

    /// <summary>The prefix that the component's <c>keyPrefix</c> stands for.</summary>
    public static string PrefixOf(string keyPrefix, string componentName, string appId, string @namespace)
    {
        var prefix = keyPrefix.ToLowerInvariant();
        return prefix switch
        {
            "" or "appid" => appId,
            "name" => componentName,
            "none" => "",
            "namespace" => @namespace + "." + appId,
            _ when prefix.Contains(Separator, StringComparison.Ordinal) => throw new SidecarConfigurationException(
                $"component {componentName}: input key/keyPrefix '{prefix}' can't contain '{Separator}'"),
            _ => prefix,
        };
    }
}
