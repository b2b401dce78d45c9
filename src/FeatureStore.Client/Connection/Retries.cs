using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace FeatureStore.Client;

/// <summary>Repeats what failed for the moment and is safe to repeat, a bounded number of times, with pauses.</summary>
internal sealed class Retries
{
    private static readonly ResiliencePropertyKey<Call> CallKey = new("FeatureStore.Call");

    private readonly ResiliencePipeline _pipeline;
    private readonly TimeSpan? _timeout;

    /// <param name="options">How long to pause.</param>
    /// <param name="maxRetries">How many tries may follow the first.</param>
    /// <param name="timeout">How long all tries may take together, if there is a limit.</param>
    /// <param name="time">The clock.</param>
    public Retries(FeatureStoreOptions options, int maxRetries, TimeSpan? timeout, TimeProvider time)
    {
        _timeout = timeout;
        var pipeline = new ResiliencePipelineBuilder { TimeProvider = time };
        if (timeout is { } limit)
        {
            pipeline.AddTimeout(limit);
        }

        if (maxRetries > 0)
        {
            pipeline.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = maxRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.RetryDelay,
                MaxDelay = options.MaxRetryDelay,
                ShouldHandle = args => ValueTask.FromResult(
                    args.Outcome.Exception is FeatureStoreUnavailableException failure && MayRepeat(failure, args.Context, options.MaxRetryDelay)),
                DelayGenerator = args => ValueTask.FromResult(AskedFor(args.Outcome.Exception)),
            });
        }

        _pipeline = pipeline.Build();
    }

    /// <summary>Runs a call.</summary>
    /// <param name="request">What is asked; whether it may be repeated.</param>
    /// <param name="attempt">One try.</param>
    /// <param name="cancellationToken">Ends the try under way, or the pause.</param>
    /// <exception cref="FeatureStoreException">The last try failed, or it was the only one that was safe, or time ran out.</exception>
    public async Task<T> RunAsync<T>(StoreRequest request, Func<CancellationToken, Task<T>> attempt, CancellationToken cancellationToken)
    {
        var call = new Call(request.IsRepeatable);
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(CallKey, call);
        try
        {
            return await _pipeline.ExecuteAsync(
                async (state, run) => await run(state.CancellationToken).ConfigureAwait(false), context, attempt).ConfigureAwait(false);
        }
        catch (TimeoutRejectedException e)
        {
            throw new FeatureStoreUnavailableException(
                $"{request.Service} gave no answer within {_timeout!.Value.TotalSeconds:0.###} s, which is all that the call may take.{call.LastMessage}",
                mayHaveBeenProcessed: true,
                call.Last ?? (Exception)e);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private static bool MayRepeat(FeatureStoreUnavailableException failure, ResilienceContext context, TimeSpan maxDelay)
    {
        var call = context.Properties.GetValue(CallKey, null!);
        call.Last = failure;
        // Sooner than the service asks would be a nuisance, and so much later is for the caller to decide.
        return (call.IsRepeatable || !failure.MayHaveBeenProcessed) && !(failure.RetryAfter > maxDelay);
    }

    /// <summary>The pause that the service asks for and up to a quarter more, lest all who wait come back at once.</summary>
    private static TimeSpan? AskedFor(Exception? failure) =>
        failure is FeatureStoreUnavailableException { RetryAfter: { } asked } && asked > TimeSpan.Zero
            ? asked * (1 + (Random.Shared.NextDouble() / 4))
            : null;

    private sealed class Call(bool isRepeatable)
    {
        public bool IsRepeatable { get; } = isRepeatable;

        public FeatureStoreUnavailableException? Last { get; set; }

        public string LastMessage => Last is { } last ? $" Before: {last.Message}" : "";
    }
}
