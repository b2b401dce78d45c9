namespace FeatureStore.DevSidecar.PubSub.Sqlite;

/// <summary>Work that waits for its turn, to be committed together with what waits beside it.</summary>
internal abstract class PendingWork(EventWork work)
{
    public EventWork Work { get; } = work;

    /// <summary>Does it within a transaction; again, if that is rolled back and repeated.</summary>
    public abstract void Run(EventTables tables);

    public abstract void Committed();

    public abstract void Failed(EventFileException exception);
}

/// <summary>Work with a result.</summary>
internal sealed class PendingWork<T>(Func<EventTables, T> run, EventWork work) : PendingWork(work)
{
    // The writer's thread must not run what waits for it.
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _result = default!;

    public Task<T> Done => _done.Task;

    public override void Run(EventTables tables) => _result = run(tables);

    public override void Committed() => _done.TrySetResult(_result);

    public override void Failed(EventFileException exception) => _done.TrySetException(exception);
}
