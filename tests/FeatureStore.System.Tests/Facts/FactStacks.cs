using Xunit;

namespace FeatureStore.SystemTests.Facts;

/// <summary>The stores that the tests of recorded facts share: one stack for all classes of a collection.</summary>
internal static class FactStacks
{
    public const string Redis = "facts on Redis";

    public const string Sqlite = "facts on SQLite";
}

[CollectionDefinition(FactStacks.Redis)]
public sealed class RedisFactsDefinition : ICollectionFixture<RedisStack>;

[CollectionDefinition(FactStacks.Sqlite)]
public sealed class SqliteFactsDefinition : ICollectionFixture<SqliteStack>;
