namespace FeatureStore.FeatureApi.Resident;

/// <summary>A row that is being read from the online store, for all who ask for it meanwhile.</summary>
internal sealed class RowFill
{
    private readonly TaskCompletionSource<ReadOnlyMemory<byte>> _read = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The document, as it was read and as it was changed meanwhile; empty if there is none.</summary>
    public Task<ReadOnlyMemory<byte>> Read => _read.Task;

    /// <summary>What was changed meanwhile: the read may have passed the row before it.</summary>
    public ReadOnlyMemory<byte> Changed { get; set; }

    public void Complete(ReadOnlyMemory<byte> document) => _read.TrySetResult(document);

    public void Fail(Exception e)
    {
        _read.TrySetException(e);

        // Nobody else may have waited for it.
        _ = _read.Task.Exception;
    }
}
