namespace FeatureStore.Model;

/// <summary>One feature of a view.</summary>
/// <param name="Name">Its name in the view.</param>
/// <param name="Type">Its type.</param>
/// <param name="Default">The JSON text of the value that fills in for a missing one where a caller asks for that; null for none.</param>
/// <param name="Description">What a person wants to know of it.</param>
public sealed record Feature(string Name, FeatureType Type, string? Default, Description Description);
