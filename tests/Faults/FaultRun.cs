using FeatureStore.Faults.Checking;
using FeatureStore.Faults.Load;
using FeatureStore.Faults.Processes;
using FeatureStore.Faults.Rows;
using FeatureStore.Faults.Schedule;

namespace FeatureStore.Faults;

/// <summary>One run: rows are written and read while faults strike; then all is let heal, and everything is read.</summary>
internal sealed class FaultRun(FaultOptions options)
{
    /// <summary>How long the events of a run may take to arrive once everything is well again.</summary>
    private static readonly TimeSpan DrainLimit = TimeSpan.FromMinutes(2);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly Histories _histories = new(TimeProvider.System);

    public static Task<FaultReport> RunAsync(FaultOptions options, CancellationToken cancellationToken) => new FaultRun(options).RunAsync(cancellationToken);

    private async Task<FaultReport> RunAsync(CancellationToken cancellationToken)
    {
        using var disk = options.Backend == Backend.Sqlite ? LimitedDisk.TryCreate() : null;
        await using var stack = await FaultStack.StartAsync(options, disk);
        var started = _time.GetTimestamp();
        var injector = new FaultInjector(stack, options.Log);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken, options.EndsAtFinding ? _histories.Found.Token : CancellationToken.None);
        stopping.CancelAfter(options.Duration);
        var load = Load(stack, stopping.Token);
        await injector.RunAsync(FaultSchedule.Generate(options), stopping.Token);
        await Task.WhenAll(load);
        cancellationToken.ThrowIfCancellationRequested();
        var seconds = _time.GetElapsedTime(started).TotalSeconds;
        if (!options.EndsAtFinding || _histories.Findings.Count == 0)
        {
            await stack.BeHealthyAsync();
            await ReadAllAsync(stack, cancellationToken);
        }

        return new FaultReport
        {
            Options = options,
            Seconds = seconds,
            Faults = injector.Injected,
            Restarts = stack.Processes.Sum(process => process.Restarts),
            Counters = _histories.Counters,
            Entities = _histories.Entities.Count(),
            Findings = _histories.Findings,
            HasDisk = disk is not null,
        };
    }

    private List<Task> Load(FaultStack stack, CancellationToken stopping)
    {
        HttpClient[] ingests = [.. stack.Ingests.Select(replica => replica.Client)];
        HttpClient[] sidecars = [.. stack.Ingests.Select(replica => replica.SidecarClient)];
        var writer = 0;
        RowGenerator Rows() => new(options.Seed, ++writer, _time);
        Random Chance() => new((options.Seed * 1000) + 500 + writer);
        return
        [
            .. Enumerable.Range(0, 8).Select(_ => new SingleWriter(_histories, Rows(), Chance(), ingests).RunAsync(stopping)),
            .. Enumerable.Range(0, 3).Select(_ => new BulkWriter(_histories, Rows(), Chance(), ingests).RunAsync(stopping)),
            .. Enumerable.Range(0, 3).Select(_ => new EventWriter(_histories, Rows(), Chance(), sidecars).RunAsync(stopping)),
            .. Enumerable.Range(0, 3).Select(reader =>
                new Reader(_histories, stack.Api.Client, new Random((options.Seed * 1000) + 900 + reader), _time).RunAsync(stopping)),
        ];
    }

    /// <summary>Reads every entity: at once for what was acknowledged as stored, and until all events have arrived for the rest.</summary>
    private async Task ReadAllAsync(FaultStack stack, CancellationToken cancellationToken)
    {
        var reader = new Reader(_histories, stack.Api.Client, new Random(options.Seed), _time);
        foreach (var entity in _histories.Entities.ToArray())
        {
            _histories.Report(await AnswerAsync(reader, entity, isLast: false));
        }

        var healed = _time.GetTimestamp();
        var left = _histories.Entities.ToList();
        while (true)
        {
            var missing = new List<Finding>();
            var entities = new HashSet<string>();
            foreach (var entity in left)
            {
                var findings = await AnswerAsync(reader, entity, isLast: true);
                missing.AddRange(findings);
                if (findings.Count > 0)
                {
                    entities.Add(entity);
                }
            }

            if (missing.Count == 0)
            {
                return;
            }

            if (_time.GetElapsedTime(healed) > DrainLimit)
            {
                _histories.Report(missing);
                return;
            }

            left = [.. entities];
            await Task.Delay(500, cancellationToken);
        }
    }

    private static async Task<IReadOnlyList<Finding>> AnswerAsync(Reader reader, string entity, bool isLast)
    {
        IReadOnlyList<Finding>? findings = null;
        await Harness.Wait.UntilAsync(async () => (findings = await reader.ReadAsync(entity, isLast)) is not null, $"an answer for {entity}");
        return findings!;
    }
}
