namespace FeatureStore.DevSidecar.Json;

/// <summary>A JSON number such as 1e400 met where daprd decodes into float64.</summary>
internal sealed class NumberBeyondFloat64Exception(string number)
    : Exception($"json: cannot unmarshal number {number} into Go value of type float64")
{
    public string Number { get; } = number;
}
