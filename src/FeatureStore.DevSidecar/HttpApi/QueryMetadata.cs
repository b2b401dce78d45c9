using Microsoft.AspNetCore.Http;

namespace FeatureStore.DevSidecar.HttpApi;

/// <summary>The metadata of a request: its query parameters that start with <c>metadata.</c></summary>
internal static class QueryMetadata
{
    private const string Prefix = "metadata.";

    public static Dictionary<string, string> Read(HttpContext context)
    {
        var metadata = new Dictionary<string, string>();
        foreach (var (name, values) in context.Request.Query)
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal))
            {
                metadata[name[Prefix.Length..]] = values.ToString();
            }
        }

        return metadata;
    }
}
