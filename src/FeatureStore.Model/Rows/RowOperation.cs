namespace FeatureStore.Model;

/// <summary>What a row does to what is stored of its entity.</summary>
public enum RowOperation : byte
{
    /// <summary>Sets the features that it names.</summary>
    Merge,

    /// <summary>Sets the features that it names; all others are gone as of its stamp.</summary>
    Replace,

    /// <summary>Deletes the whole row, or the features that it names.</summary>
    Delete,
}
