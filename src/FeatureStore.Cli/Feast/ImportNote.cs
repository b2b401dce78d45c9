namespace FeatureStore.Cli.Feast;

/// <summary>What became of one definition of another system.</summary>
/// <param name="What">What it is: <c>view</c>.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Here">Its name here; null if it was not carried over.</param>
/// <param name="Reasons">What is not as it was there, and why; none if it is.</param>
internal sealed record ImportNote(string What, string Name, string? Here, IReadOnlyList<string> Reasons)
{
    /// <summary>In two or three words.</summary>
    public string Outcome => Here is null ? "not carried over" : Reasons.Count > 0 ? "changed" : "carried over";
}
