namespace FeatureStore.DaprConformance.Comparing;

/// <summary>Something that is not as recorded.</summary>
public sealed record Difference(string At, string Expected, string Actual)
{
    private const int Shown = 1500;

    public override string ToString() => $"{At}\n      recorded  {Short(Expected)}\n      was       {Short(Actual)}";

    private static string Short(string text) => text.Length <= Shown ? text : $"{text[..Shown]}… ({text.Length} characters)";
}
