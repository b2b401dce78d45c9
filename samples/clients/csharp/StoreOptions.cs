using FeatureStore.Client;

namespace FeatureStore.Samples.CSharp;

/// <summary>Where the store is.</summary>
internal static class StoreOptions
{
    public static void FromEnvironment(FeatureStoreOptions options)
    {
        options.ApiKey = Variable("FEATURESTORE_API_KEY");
        if (Variable("DAPR_HTTP_PORT") is not null || Variable("DAPR_HTTP_ENDPOINT") is not null)
        {
            options.UseDapr();
            return;
        }

        options.ApiAddress = Variable("FEATURESTORE_API") is { } api ? new Uri(api) : null;
        options.IngestAddress = Variable("FEATURESTORE_INGEST") is { } ingest ? new Uri(ingest) : null;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
