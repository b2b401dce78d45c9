namespace FeatureStore.LoadBaselines;

/// <summary>Draws the entities that a load asks for, and lists their ids in a file.</summary>
internal static class EntityDraws
{
    /// <summary>By which ranks are scattered over ids: always alike, so that different draws favour the same entities.</summary>
    private const int ScatterSeed = 1;

    /// <param name="file">Takes an id a line.</param>
    /// <param name="entities">How many entities there are.</param>
    /// <param name="count">How many are drawn, with repetition.</param>
    /// <param name="exponent">That of Zipf's law: the entity of rank r is drawn as often as 1 / r to this. None for all alike.</param>
    /// <param name="seed">The same seed makes the same draws.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task WriteAsync(string file, int entities, int count, double? exponent, int seed, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        Func<int> draw = exponent is { } given ? Zipf(entities, given, random) : () => random.Next(entities);
        await using var output = new StreamWriter(file);
        for (var i = 0; i < count; i++)
        {
            await output.WriteAsync((RowGenerator.Id(draw()) + "\n").AsMemory(), cancellationToken);
        }
    }

    /// <summary>Exactly Zipf's law over so many ranks: the inverse of its cumulative distribution.</summary>
    private static Func<int> Zipf(int entities, double exponent, Random random)
    {
        var upTo = new double[entities];
        var sum = 0.0;
        for (var rank = 1; rank <= entities; rank++)
        {
            upTo[rank - 1] = sum += Math.Pow(rank, -exponent);
        }

        var entityOf = new int[entities];
        for (var i = 0; i < entities; i++)
        {
            entityOf[i] = i;
        }

        new Random(ScatterSeed).Shuffle(entityOf);
        return () =>
        {
            var at = Array.BinarySearch(upTo, random.NextDouble() * sum);
            return entityOf[Math.Min(at < 0 ? ~at : at, entities - 1)];
        };
    }
}
