namespace FeatureStore.Cli.Registry;

/// <summary>One mistake in the files of a registry.</summary>
internal sealed record YamlFault(SourcePosition Position, string Detail)
{
    public override string ToString() => $"{Position}: {Detail}";
}
