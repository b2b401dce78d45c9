using System.Collections.Concurrent;
using System.Globalization;
using FeatureStore.Faults.Processes;
using StackExchange.Redis;

namespace FeatureStore.Faults.Schedule;

/// <summary>Carries a schedule out on a running store.</summary>
internal sealed class FaultInjector(FaultStack stack, Action<string> log)
{
    private const string Changes = "feature-changes";
    private const int MostRepeated = 200;

    private readonly SupervisedProcess[] _services = [.. stack.Replicas.Select(replica => replica.Service)];
    private readonly SupervisedProcess[] _sidecars = [.. stack.Replicas.Select(replica => replica.Sidecar)];
    private readonly TcpProxy[] _proxies = [.. stack.Replicas.SelectMany(replica => replica.Proxies)];

    /// <summary>How many replies passed by half.</summary>
    public int Halved => _proxies.Sum(proxy => proxy.Halved);

    /// <summary>How often each kind struck.</summary>
    public ConcurrentDictionary<FaultKind, int> Injected { get; } = new();

    /// <summary>Ends when the last fault is over, or early, with all of them ended.</summary>
    public async Task RunAsync(IReadOnlyList<ScheduledFault> schedule, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        var underWay = new List<Task>();
        try
        {
            foreach (var fault in schedule)
            {
                var wait = fault.At - TimeProvider.System.GetElapsedTime(started);
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, cancellationToken);
                }

                underWay.Add(InjectAsync(fault, cancellationToken));
            }
        }
        catch (OperationCanceledException)
        {
            // What is under way ends by the same token.
        }

        await Task.WhenAll(underWay);
    }

    private async Task InjectAsync(ScheduledFault fault, CancellationToken cancellationToken)
    {
        var (service, sidecar, proxy) = (_services[fault.Target % _services.Length], _sidecars[fault.Target % _sidecars.Length], _proxies[fault.Target % _proxies.Length]);
        if (fault.Kind is FaultKind.KillService or FaultKind.KillSidecar or FaultKind.KillRedis)
        {
            if (await KillAsync(fault, cancellationToken) is not { } victim)
            {
                return;
            }

            service = sidecar = victim;
        }
        else if (fault.Kind == FaultKind.FullDisk && stack.Disk is null)
        {
            return;
        }

        Injected.AddOrUpdate(fault.Kind, 1, (_, count) => count + 1);
        log(string.Create(
            CultureInfo.InvariantCulture,
            $"{fault.At.TotalSeconds,7:F1} s  {fault.Kind} {Victim(fault.Kind, service, sidecar, proxy)}, {fault.Duration.TotalSeconds:F1} s{(fault.Amount > 0 ? $" ({fault.Amount})" : "")}"));
        try
        {
            switch (fault.Kind)
            {
                case FaultKind.PauseService:
                    await service.PauseAsync(fault.Duration, cancellationToken);
                    break;
                case FaultKind.PauseSidecar:
                    await sidecar.PauseAsync(fault.Duration, cancellationToken);
                    break;
                case FaultKind.PauseRedis:
                    await stack.Redis!.PauseAsync(fault.Duration, cancellationToken);
                    break;
                case FaultKind.Cut:
                    proxy.Cut();
                    break;
                case FaultKind.Refuse:
                    await proxy.RefuseAsync(fault.Duration, cancellationToken);
                    break;
                case FaultKind.Delay:
                    await proxy.DelayAsync(fault.Amount, fault.Duration, cancellationToken);
                    break;
                case FaultKind.Stall:
                    await proxy.StallAsync(fault.Duration, cancellationToken);
                    break;
                case FaultKind.HalfReply:
                    proxy.HalveReplies(fault.Amount);
                    break;
                case FaultKind.LoseChanges:
                    await LoseChangesAsync(stack.Apis[fault.Target % stack.Apis.Count].Sidecar, fault.Duration, cancellationToken);
                    break;
                case FaultKind.RepeatChanges:
                    await RepeatChangesAsync();
                    break;
                case FaultKind.RefuseEvents:
                    await RefuseEventsAsync(fault.Duration, cancellationToken);
                    break;
                case FaultKind.FullDisk:
                    await stack.Disk!.FillAsync(fault.Duration, cancellationToken);
                    break;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or RedisException or RedisTimeoutException)
        {
            // Ended early, or the broker is away itself.
        }
    }

    /// <summary>Keeps a replica's sidecar from reading, and throws away what it has not read.</summary>
    private async Task LoseChangesAsync(SupervisedProcess sidecar, TimeSpan duration, CancellationToken cancellationToken)
    {
        await using var redis = await ConnectAsync();
        var paused = sidecar.PauseAsync(duration, cancellationToken);
        await Task.Delay(duration * 0.9, cancellationToken);
        await redis.GetDatabase().StreamTrimAsync(Changes, 0);
        await paused;
    }

    private async Task RepeatChangesAsync()
    {
        await using var redis = await ConnectAsync();
        foreach (var entry in (await redis.GetDatabase().StreamRangeAsync(Changes, count: MostRepeated, messageOrder: Order.Descending)).Reverse())
        {
            await redis.GetDatabase().StreamAddAsync(Changes, entry.Values);
        }
    }

    private async Task RefuseEventsAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        await using var redis = await ConnectAsync();
        await redis.GetDatabase().ExecuteAsync("ACL", "SETUSER", "default", "-xadd");
        try
        {
            await Task.Delay(duration, cancellationToken);
        }
        finally
        {
            // Killed meanwhile it comes back knowing nothing of this; paused it answers later.
            await Harness.Wait.UntilAsync(async () => await AllowEventsAsync(redis), "Redis to take events again");
        }
    }

    private static async Task<bool> AllowEventsAsync(ConnectionMultiplexer redis)
    {
        try
        {
            await redis.GetDatabase().ExecuteAsync("ACL", "SETUSER", "default", "+xadd");
            return true;
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return false;
        }
    }

    private async Task<ConnectionMultiplexer> ConnectAsync() => await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{stack.RedisPort},connectTimeout=1000");

    /// <summary>Kills the victim, or another of its kind where it is away already, or whichever is back first.</summary>
    /// <returns>Which was killed; null if the run ended before there was one.</returns>
    private async Task<SupervisedProcess?> KillAsync(ScheduledFault fault, CancellationToken cancellationToken)
    {
        var of = fault.Kind switch { FaultKind.KillService => _services, FaultKind.KillSidecar => _sidecars, _ => [stack.Redis!] };
        while (!cancellationToken.IsCancellationRequested)
        {
            for (var i = 0; i < of.Length; i++)
            {
                var victim = of[((fault.Target % of.Length) + i) % of.Length];
                if (victim.Kill(fault.Duration))
                {
                    return victim;
                }
            }

            await Task.WhenAny(Task.Delay(100, cancellationToken));
        }

        return null;
    }

    private static string Victim(FaultKind kind, SupervisedProcess service, SupervisedProcess sidecar, TcpProxy proxy) => kind switch
    {
        FaultKind.KillService or FaultKind.PauseService => service.Name,
        FaultKind.KillSidecar or FaultKind.PauseSidecar => sidecar.Name,
        FaultKind.KillRedis or FaultKind.PauseRedis or FaultKind.FullDisk or FaultKind.LoseChanges or FaultKind.RepeatChanges or FaultKind.RefuseEvents => "",
        _ => proxy.Name,
    };
}
