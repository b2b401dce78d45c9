namespace FeatureStore.Cli.Ingest;

/// <summary>What became of the rows of a request.</summary>
internal enum SendOutcome
{
    /// <summary>It was broken off: nothing is known of some of them.</summary>
    Unknown,

    /// <summary>Each went in, or was rejected for good.</summary>
    Settled,

    /// <summary>Some were given up.</summary>
    GivenUp,
}
