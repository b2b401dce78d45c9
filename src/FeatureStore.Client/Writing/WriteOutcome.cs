namespace FeatureStore.Client;

/// <summary>What became of a row.</summary>
public enum WriteOutcome
{
    /// <summary>It is what is stored now, be it since this try or since one before.</summary>
    Applied,

    /// <summary>It was valid, but all of it is older than what is stored: nothing of it is served.</summary>
    Superseded,
}
