namespace FeatureStore.Hosting.Access;

/// <summary>A caller's API key, known by its hash alone.</summary>
public sealed record ApiKey
{
    /// <summary>Whose key it is; shown in logs and in limits.</summary>
    public string Name { get; init; } = "";

    /// <summary>The SHA-256 of the key, in hexadecimal. Keys are random and long, so that a plain hash is enough.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>What the key allows: <see cref="Right.Read"/>, <see cref="Right.Write"/> or both.</summary>
    public Right[] Rights { get; init; } = [];
}
