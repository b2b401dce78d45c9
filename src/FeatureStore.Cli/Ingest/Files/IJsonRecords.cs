namespace FeatureStore.Cli.Ingest;

/// <summary>Finds the JSON values of a file, whatever lies between them.</summary>
internal interface IJsonRecords : IAsyncDisposable
{
    long BytesRead { get; }

    /// <summary>The next value, or null at the end.</summary>
    ValueTask<JsonRecord?> ReadAsync(CancellationToken cancellation);
}

/// <summary>One JSON value of a file.</summary>
/// <param name="Line">The line on which it begins.</param>
/// <param name="Json">Its bytes, without a newline; valid until the next one is read.</param>
/// <param name="Fault">Why its bytes were not kept.</param>
internal readonly record struct JsonRecord(long Line, ReadOnlyMemory<byte> Json, string? Fault = null)
{
    /// <summary>The longest value that is read; the service takes no row near this size.</summary>
    public const int MaxBytes = 8 << 20;
}
