namespace FeatureStore.Client;

/// <summary>What became of a write.</summary>
/// <param name="Id">The entity.</param>
/// <param name="View">The view.</param>
/// <param name="EventTimestamp">When the row is true, as it was given or fixed, in UTC.</param>
/// <param name="CreatedTimestamp">When the row was produced, as it was given or fixed, in UTC.</param>
/// <param name="Outcome">Whether it is what is stored now.</param>
public sealed record WriteResult(
    EntityId Id, string View, DateTimeOffset EventTimestamp, DateTimeOffset CreatedTimestamp, WriteOutcome Outcome);
