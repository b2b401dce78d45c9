using Microsoft.Extensions.Logging;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace FeatureStore.DevSidecar.Resources;

/// <summary>Loads every *.yaml and *.yml file of the resources paths and keeps what concerns the app.</summary>
internal sealed partial class ResourceLoader(string appId, ILogger<ResourceLoader> logger)
{
    private const string V1 = "dapr.io/v1alpha1";
    private const string V2 = "dapr.io/v2alpha1";

    public ResourceSet Load(IEnumerable<string> paths)
    {
        var documents = paths.SelectMany(Files).SelectMany(Documents).Where(d => d.Concerns(appId)).ToList();
        var subscriptions = new List<SubscriptionResource>();
        var inbound = new Dictionary<string, InboundPolicy>();
        foreach (var document in documents.Where(d => d.Kind is not "Component"))
        {
            switch (document.Kind, document.ApiVersion)
            {
                case ("Subscription", V1 or V2):
                    subscriptions.Add(SubscriptionReader.Read(document.Spec));
                    break;
                case ("Resiliency", V1):
                    ResiliencyReader.Read(document.Spec, inbound);
                    break;
                case ("Configuration", V1):
                    Log.ConfigurationIgnored(logger, document.Name, document.File);
                    break;
                default:
                    throw new SidecarConfigurationException(
                        $"{document.File}: {document.ApiVersion} {document.Kind} is not in DevSidecar, use daprd");
            }
        }

        return new ResourceSet(Components(documents.Where(d => d.Kind is "Component").ToList()), subscriptions, inbound);
    }

    private List<ComponentResource> Components(List<Document> documents)
    {
        var secretStores = new Dictionary<string, string>();
        foreach (var document in documents)
        {
            var type = document.Spec.Required("type");
            if (type.StartsWith("secretstores.", StringComparison.Ordinal))
            {
                secretStores[document.Name] = type;
            }
        }

        var values = new MetadataValues(appId, logger);
        var components = new List<ComponentResource>();
        foreach (var document in documents)
        {
            var component = new ComponentResource(
                document.Name,
                document.Spec.Required("type"),
                document.Spec.Text("version") is { Length: > 0 } version ? version : "v1",
                document.Spec.Flag("ignoreErrors"),
                values.Resolve(document.Name, document.Spec, document.SecretStore, secretStores),
                document.File);
            if (components.Find(c => c.Name == component.Name) is { } existing)
            {
                throw new SidecarConfigurationException(
                    $"{document.File}: duplicate definition of Component name {component.Name} ({component.Type}/{component.Version}) "
                    + $"with existing {existing.Name} ({existing.Type}/{existing.Version})");
            }

            components.Add(component);
        }

        return components;
    }

    private static IEnumerable<string> Files(string path)
    {
        if (!Directory.Exists(path))
        {
            throw new SidecarConfigurationException($"the resources path '{path}' does not exist");
        }

        return Directory.EnumerateFiles(path)
            .Where(f => Path.GetExtension(f).ToLowerInvariant() is ".yaml" or ".yml")
            .Order(StringComparer.Ordinal);
    }

    private List<Document> Documents(string file)
    {
        var stream = new YamlStream();
        try
        {
            using var reader = new StreamReader(file);
            stream.Load(reader);
        }
        catch (YamlException exception)
        {
            // daprd goes on without the file, and so do we: the log tells.
            Log.Malformed(logger, file, exception.Message);
            return [];
        }

        var documents = new List<Document>();
        foreach (var document in stream.Documents)
        {
            if (document.RootNode is not YamlMappingNode mapping)
            {
                continue;
            }

            var fields = new YamlFields(mapping, file, "");
            if (fields.Text("kind") is not { Length: > 0 } kind)
            {
                Log.NotAResource(logger, file);
                continue;
            }

            var spec = fields.Mapping("spec") ?? new YamlFields(new YamlMappingNode(), file, "spec");
            documents.Add(new Document(
                kind,
                fields.Text("apiVersion") ?? "",
                fields.Mapping("metadata")?.Text("name") ?? "",
                spec,
                fields.Mapping("auth")?.Text("secretStore"),
                fields.Texts("scopes"),
                file));
        }

        return documents;
    }

    private sealed record Document(
        string Kind, string ApiVersion, string Name, YamlFields Spec, string? SecretStore, IReadOnlyList<string> Scopes, string File)
    {
        public bool Concerns(string appId) => Scopes.Count == 0 || Scopes.Contains(appId);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{File} is skipped, it is not YAML: {Reason}")]
        public static partial void Malformed(ILogger logger, string file, string reason);

        [LoggerMessage(LogLevel.Warning, "{File} is skipped, it names no kind")]
        public static partial void NotAResource(ILogger logger, string file);

        [LoggerMessage(LogLevel.Information, "Configuration {Name} in {File} is ignored: DevSidecar has nothing to configure by it")]
        public static partial void ConfigurationIgnored(ILogger logger, string name, string file);
    }
}
