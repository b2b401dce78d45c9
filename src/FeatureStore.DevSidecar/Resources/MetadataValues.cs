using Microsoft.Extensions.Logging;

namespace FeatureStore.DevSidecar.Resources;

/// <summary>Turns a component's metadata entries into values: literals, environment references and secrets.</summary>
internal sealed partial class MetadataValues(string appId, ILogger logger)
{
    public const string Namespace = "default";
    private const string LocalEnv = "secretstores.local.env";

    /// <param name="component">The component's name, for messages.</param>
    /// <param name="spec">Its spec.</param>
    /// <param name="secretStore">Its <c>auth.secretStore</c>.</param>
    /// <param name="secretStores">The type of every secret store, by name.</param>
    public Dictionary<string, string> Resolve(
        string component, YamlFields spec, string? secretStore, IReadOnlyDictionary<string, string> secretStores)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in spec.Mappings("metadata"))
        {
            var name = entry.Required("name");
            if (entry.Text("envRef") is { Length: > 0 } variable)
            {
                values[name] = FromEnvironment(component, variable);
            }
            else if (entry.Mapping("secretKeyRef") is { } secret)
            {
                values[name] = FromSecret(component, secret, secretStore, secretStores);
            }
            else
            {
                values[name] = Expand(entry.Text("value") ?? "");
            }
        }

        return values;
    }

    private string FromEnvironment(string component, string variable)
    {
        // The sidecar's own secrets must not leak into a component.
        if (variable.StartsWith("DAPR_", StringComparison.Ordinal) || variable is "APP_API_TOKEN")
        {
            Log.VariableNotAllowed(logger, component, variable);
            return "";
        }

        var value = Environment.GetEnvironmentVariable(variable);
        if (value is null)
        {
            Log.VariableNotSet(logger, component, variable);
        }

        return value ?? "";
    }

    private string FromSecret(
        string component, YamlFields secret, string? store, IReadOnlyDictionary<string, string> secretStores)
    {
        if (store is not { Length: > 0 } || !secretStores.TryGetValue(store, out var type))
        {
            throw new SidecarConfigurationException(
                $"{secret.Where}: component {component} references a secret store that isn't loaded: {store}");
        }

        return type == LocalEnv
            ? FromEnvironment(component, secret.Required("name"))
            : throw new SidecarConfigurationException($"{secret.Where}: {type} is not in DevSidecar, use daprd");
    }

    private string Expand(string value) => !value.Contains('{') ? value : value
        .Replace("{appID}", appId)
        .Replace("{uuid}", Guid.NewGuid().ToString())
        .Replace("{namespace}", Namespace)
        .Replace("{podName}", Environment.GetEnvironmentVariable("POD_NAME") ?? Environment.MachineName);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Component {Component} references the environment variable {Variable}, which is not set")]
        public static partial void VariableNotSet(ILogger logger, string component, string variable);

        [LoggerMessage(LogLevel.Warning, "Component {Component} references an environment variable that isn't allowed: {Variable}")]
        public static partial void VariableNotAllowed(ILogger logger, string component, string variable);
    }
}
