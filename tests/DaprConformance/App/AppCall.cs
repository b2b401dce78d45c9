namespace FeatureStore.DaprConformance.App;

/// <summary>A call that the app got.</summary>
public sealed record AppCall(string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Path => Target.Split('?')[0];
}
