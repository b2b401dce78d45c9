namespace FeatureStore.LoadBaselines;

/// <summary>Kestrel on loopback with next to nothing in it, for what the services are compared with.</summary>
internal static class MinimalServer
{
    public static WebApplication Build(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
        });
        return builder.Build();
    }
}
