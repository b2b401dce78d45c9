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

    /// <summary>How long no row may come to history of those that are still missing, once everything is well again.</summary>
    private static readonly TimeSpan HistoryPatience = TimeSpan.FromSeconds(40);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly Histories _histories = new(TimeProvider.System, options.Staleness);
    private readonly DeadLetters _deadLetters = new();

    public static Task<FaultReport> RunAsync(FaultOptions options, CancellationToken cancellationToken) => new FaultRun(options).RunAsync(cancellationToken);

    private async Task<FaultReport> RunAsync(CancellationToken cancellationToken)
    {
        using var disk = options.Backend == Backend.Sqlite ? LimitedDisk.TryCreate() : null;
        await using var stack = await FaultStack.StartAsync(options, disk);
        HttpClient[] ingests = [.. stack.Ingests.Select(replica => replica.Client)];
        HttpClient[] apis = [.. stack.Apis.Select(replica => replica.Client)];
        if (options.Push)
        {
            await DeclareAsync(ingests[0], [.. ingests, .. apis]);
        }

        using var grpc = new GrpcChannel(stack.Ingests.Select(replica => replica.SidecarGrpcPort), new Random(options.Seed));
        using var stream = stack.RedisPort is { } port ? await StreamChannel.ConnectAsync(port) : null;
        EventChannel[] channels = [new HttpChannel([.. stack.Ingests.Select(replica => replica.SidecarClient)], new Random(options.Seed)), grpc, .. stream is null ? [] : new[] { stream }];
        await using var looker = new HistoryLooker(stack.HistoryPath, _histories);
        var started = _time.GetTimestamp();
        var injector = new FaultInjector(stack, options.Log);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken, options.EndsAtFinding ? _histories.Found.Token : CancellationToken.None);
        stopping.CancelAfter(options.Duration);
        var sequences = Enumerable.Range(0, 3).Select(i => new SequenceWriter(_histories, $"sequence{i}", ingests, apis, Chance(700 + i))).ToList();
        Task[] load = [.. Load(apis, ingests, channels, stopping.Token), .. sequences.Select(sequence => sequence.RunAsync(stopping.Token))];
        await injector.RunAsync(options.Schedule ?? FaultSchedule.Generate(options), stopping.Token);
        await Task.WhenAll(load);
        cancellationToken.ThrowIfCancellationRequested();
        var seconds = _time.GetElapsedTime(started).TotalSeconds;
        if (!options.EndsAtFinding || _histories.Findings.Count == 0)
        {
            await stack.BeHealthyAsync();
            await ReadAllAsync(apis, cancellationToken);
            foreach (var sequence in sequences)
            {
                _histories.Report(await AnswerAsync(sequence.CheckAsync, "an answer for a sequence"));
            }

            await CheckDeadLettersAsync(ingests[0], cancellationToken);
            await CatchUpAsync(stack, looker, cancellationToken);
            await looker.CheckAsync();
        }

        return new FaultReport
        {
            Options = options,
            Seconds = seconds,
            Faults = injector.Injected,
            Halved = injector.Halved,
            Restarts = stack.Processes.Sum(process => process.Restarts),
            Counters = _histories.Counters,
            Published = channels.ToDictionary(channel => channel.Name, channel => channel.Events),
            DeadLetters = _deadLetters.Expected,
            Entities = _histories.Entities.Count(),
            Findings = _histories.Findings,
            WorstStaleness = TimeSpan.FromMicroseconds(_histories.WorstStaleness),
            HasDisk = disk is not null,
            HistoryRows = _histories.Logged.Owed,
            HistoryFiles = looker.Files,
            HistoryFilesLeft = looker.FilesLeft,
            HistoryRestarts = stack.History.Service.Restarts,
        };
    }

    /// <summary>Declares the view as one that is served from memory, and waits until everybody knows.</summary>
    private static async Task DeclareAsync(HttpClient ingest, IReadOnlyList<HttpClient> services)
    {
        const string Registry = "{\"entities\":{\"e\":{\"keys\":{\"id\":\"string\"}}},\"views\":{\"" + WrittenRow.View + "\":{\"entity\":\"e\",\"open\":true,\"serving\":\"push\"}}}";
        using var body = new StringContent(Registry, System.Text.Encoding.UTF8, "application/json");
        using var applied = await ingest.PutAsync("/registry", body);
        applied.EnsureSuccessStatusCode();
        foreach (var service in services)
        {
            await Harness.Wait.UntilAsync(
                async () => (await service.GetStringAsync("/registry")).Contains(WrittenRow.View, StringComparison.Ordinal), "the registry to be known");
        }
    }

    private Random Chance(int number) => new((options.Seed * 1000) + number);

    private List<Task> Load(HttpClient[] apis, HttpClient[] ingests, IReadOnlyList<EventChannel> channels, CancellationToken stopping)
    {
        var writer = 0;
        RowGenerator Rows() => new(options.Seed, ++writer, _time);
        return
        [
            .. Enumerable.Range(0, 8).Select(_ => new SingleWriter(_histories, Rows(), Chance(500 + writer), ingests).RunAsync(stopping)),
            .. Enumerable.Range(0, 3).Select(_ => new BulkWriter(_histories, Rows(), Chance(500 + writer), ingests).RunAsync(stopping)),
            .. Enumerable.Range(0, 3).Select(_ => new EventWriter(_histories, Rows(), Chance(500 + writer), channels).RunAsync(stopping)),
            new PoisonWriter(_histories, _deadLetters, Rows(), Chance(500 + writer), channels).RunAsync(stopping),
            .. Enumerable.Range(0, 3 * apis.Length).Select(reader => new Reader(_histories, apis, Chance(900 + reader), _time).RunAsync(stopping)),
        ];
    }

    /// <summary>Reads every entity: at once for what was acknowledged as stored, and until all events have arrived for the rest.</summary>
    private async Task ReadAllAsync(HttpClient[] apis, CancellationToken cancellationToken)
    {
        var reader = new Reader(_histories, apis, new Random(options.Seed), _time);
        var left = _histories.Entities.SelectMany(entity => Enumerable.Range(0, apis.Length).Select(replica => (entity, replica))).ToList();
        foreach (var (entity, replica) in left)
        {
            _histories.Report(await AnswerAsync(reader, entity, replica, isLast: false));
        }

        var healed = _time.GetTimestamp();
        while (true)
        {
            var missing = new List<Finding>();
            var again = new List<(string, int)>();
            foreach (var (entity, replica) in left)
            {
                var findings = await AnswerAsync(reader, entity, replica, isLast: true);
                missing.AddRange(findings);
                if (findings.Count > 0)
                {
                    again.Add((entity, replica));
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

            left = again;
            await Task.Delay(500, cancellationToken);
        }
    }

    /// <summary>Sees that what can never succeed is a dead letter, and nothing else is.</summary>
    private async Task CheckDeadLettersAsync(HttpClient ingest, CancellationToken cancellationToken)
    {
        var healed = _time.GetTimestamp();
        while (true)
        {
            var findings = await AnswerAsync(() => _deadLetters.CheckAsync(ingest), "the dead letters");
            if (findings.Count == 0 || _time.GetElapsedTime(healed) > DrainLimit)
            {
                _histories.Report(findings);
                return;
            }

            await Task.Delay(500, cancellationToken);
        }
    }

    /// <summary>Waits until history holds all that was acknowledged, or until no more of it comes.</summary>
    private async Task CatchUpAsync(FaultStack stack, HistoryLooker looker, CancellationToken cancellationToken)
    {
        var (missing, since) = (int.MaxValue, _time.GetTimestamp());
        while (true)
        {
            // What came before the broker said that all is consumed has been written.
            var isConsumed = await stack.IsConsumedAsync();
            var left = looker.Missing;
            if (left < missing)
            {
                (missing, since) = (left, _time.GetTimestamp());
                options.Log(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"history lacks {left} of {_histories.Logged.Owed} acknowledged rows"));
            }

            if (left == 0 || isConsumed == true || _time.GetElapsedTime(since) > HistoryPatience)
            {
                if (left > 0)
                {
                    options.Log($"history lacks {left} rows, and {(isConsumed == true ? "every event is consumed" : "no more come")}\n{FaultStack.Tail(stack.History.Service)}\n{FaultStack.Tail(stack.History.Sidecar)}");
                }

                return;
            }

            await Task.Delay(200, cancellationToken);
        }
    }

    private static Task<IReadOnlyList<Finding>> AnswerAsync(Reader reader, string entity, int replica, bool isLast) =>
        AnswerAsync(() => reader.ReadAsync(entity, replica, isLast), $"an answer for {entity}");

    private static async Task<IReadOnlyList<Finding>> AnswerAsync(Func<Task<IReadOnlyList<Finding>?>> ask, string what)
    {
        IReadOnlyList<Finding>? findings = null;
        await Harness.Wait.UntilAsync(async () => (findings = await ask()) is not null, what);
        return findings!;
    }
}
