using FeatureStore.Harness;
using Xunit;

// They wait for other processes more than they work.
[assembly: Xunit.v3.Parallelization(MaxThreads = 3)]

namespace FeatureStore.SystemTests;

/// <summary>A running store that the tests of a class share.</summary>
public abstract class SharedStack : IAsyncLifetime
{
    private FeatureStack? _stack;

    public FeatureStack Stack => _stack ?? throw new InvalidOperationException("The stack was not started.");

    /// <summary>Why the tests of the class are to be skipped, if they are.</summary>
    public string? SkipReason { get; protected set; }

    public async ValueTask InitializeAsync()
    {
        if (await PrepareAsync() is { } options)
        {
            _stack = await FeatureStack.StartAsync(options);
            await BeginAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stack is not null)
        {
            await _stack.DisposeAsync();
        }

        await CleanAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Says how to run the store, or null with <see cref="SkipReason"/> set.</summary>
    protected abstract Task<StackOptions?> PrepareAsync();

    /// <summary>What the tests need of the store before the first of them.</summary>
    protected virtual Task BeginAsync() => Task.CompletedTask;

    protected virtual ValueTask CleanAsync() => ValueTask.CompletedTask;
}

/// <summary>The embedded default.</summary>
public sealed class SqliteStack : SharedStack
{
    private readonly ComponentFolder _components = new(
        "components/local", ("state.db", "{folder}/state.db"), ("events.db", "{folder}/events.db"));

    protected override Task<StackOptions?> PrepareAsync() => Task.FromResult<StackOptions?>(new StackOptions { Components = _components.Path });

    protected override ValueTask CleanAsync()
    {
        _components.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>Everything in the memory of the sidecars.</summary>
public sealed class InMemoryStack : SharedStack
{
    private readonly ComponentFolder _components = new(
        "components/local",
        ("state.sqlite", "state.in-memory"),
        ("  - name: connectionString\n    value: state.db\n", ""),
        ("pubsub.sqlite", "pubsub.in-memory"));

    protected override Task<StackOptions?> PrepareAsync() =>
        Task.FromResult<StackOptions?>(new StackOptions { Components = _components.Path, SharesSidecar = true });

    protected override ValueTask CleanAsync()
    {
        _components.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>Redis and Redis Streams as production runs them, the sidecars behind a token; two feature-ingest replicas.</summary>
public sealed class RedisStack : SharedStack
{
    private readonly DirectoryInfo _history = Directory.CreateTempSubdirectory("featurestore-history-");
    private RedisServer? _redis;

    public RedisServer Redis => _redis!;

    protected override async Task<StackOptions?> PrepareAsync()
    {
        _redis = await RedisServer.StartAsync();
        if (_redis is null)
        {
            SkipReason = RedisServer.Missing;
            return null;
        }

        return new StackOptions
        {
            Components = Repository.PathOf("components"),
            ApiToken = "a-token-of-the-test",
            Ingests = 2,
            HistoryFolder = _history.FullName,
            Environment = new Dictionary<string, string?>
            {
                ["REDIS_HOST"] = _redis.Endpoint,
                // Short, so that a test sees rows leave the store.
                ["Lateness__StampMinimum"] = "00:00:01",
                // Long, as the tests of rows of a megabyte may have a busy machine.
                ["Sidecar__ReadTimeout"] = "00:00:10",
            },
        };
    }

    protected override async ValueTask CleanAsync()
    {
        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }

        _history.Delete(recursive: true);
    }
}
