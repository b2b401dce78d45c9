namespace FeatureStore.Cli;

/// <summary>What the command's exit codes mean.</summary>
internal static class ExitCode
{
    /// <summary>Everything that was asked for was done.</summary>
    public const int Success = 0;

    /// <summary>Something was not done: rows were rejected or failed, an entity was not found, a service is away.</summary>
    public const int Failure = 1;

    /// <summary>The command line or the files that it names cannot be used; nothing was done.</summary>
    public const int Usage = 2;
}
