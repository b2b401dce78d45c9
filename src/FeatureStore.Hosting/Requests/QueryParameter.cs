namespace FeatureStore.Hosting.Requests;

/// <summary>A query parameter that an address takes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsList">Whether its value may be a list, parted by commas.</param>
public sealed record QueryParameter(string Name, bool IsList = false);
