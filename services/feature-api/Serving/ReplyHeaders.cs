using System.Globalization;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Serving;

/// <summary>What a reply says beside its body, whose shape never changes: the registry and feature service that it is answered by.</summary>
internal static class ReplyHeaders
{
    public const string RegistryVersion = "Registry-Version";
    public const string ServiceVersion = "Feature-Service-Version";

    public static void Write(HttpContext context, AppliedRegistry applied, string? service = null)
    {
        if (applied.Version > 0)
        {
            context.Response.Headers[RegistryVersion] = applied.VersionText;
        }

        if (service is not null)
        {
            context.Response.Headers[ServiceVersion] = applied.ServiceVersions[service].ToString(CultureInfo.InvariantCulture);
        }
    }
}
