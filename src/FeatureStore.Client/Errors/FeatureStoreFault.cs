namespace FeatureStore.Client;

/// <summary>One thing that is wrong with a request or a row.</summary>
/// <param name="Detail">What is wrong and what was expected, for a person.</param>
/// <param name="Member">What it is about: a query parameter, a feature, a JSON pointer; null where it is the whole.</param>
/// <param name="Index">Which row it is about, counted from 0, where there were many.</param>
public sealed record FeatureStoreFault(string Detail, string? Member = null, long? Index = null)
{
    /// <summary>The fault in one line.</summary>
    public override string ToString() =>
        $"{(Index is { } index ? $"row {index}: " : "")}{(Member is { Length: > 0 } member ? $"{member}: " : "")}{Detail}";
}
