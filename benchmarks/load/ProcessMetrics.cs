using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Parsers;

namespace FeatureStore.LoadBaselines;

/// <summary>
/// The metrics of another .NET process, asked of its runtime: nothing has to be set up there, and outside the time in which they are
/// watched nothing is spent.
/// </summary>
internal static class ProcessMetrics
{
    private const string Source = "System.Diagnostics.Metrics";
    private const long TimeSeriesValues = 2;
    private const int BufferMegabytes = 2;

    /// <summary>Prints all values each second: a name, with tags in brackets where it has some, and the value. Those of counters begin with 0 here.</summary>
    /// <param name="process">The process.</param>
    /// <param name="meters">Meters, or instruments as <c>meter\instrument</c>.</param>
    /// <param name="withAllocations">Whether it prints, as <c>allocated</c>, how many bytes were allocated meanwhile, in steps of some 100 KB.</param>
    /// <param name="seconds">For how long; as long as the process lives at most.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <remarks>
    /// The runtime's own <c>dotnet.gc.heap.total_allocated</c> stands still for minutes once the collector has changed its number of
    /// heaps.
    /// </remarks>
    public static async Task WatchAsync(int process, string[] meters, bool withAllocations, int seconds, CancellationToken cancellationToken)
    {
        var providers = new List<EventPipeProvider>
        {
            new(Source, EventLevel.Informational, TimeSeriesValues, new Dictionary<string, string>
            {
                ["SessionId"] = Guid.NewGuid().ToString(),
                ["Metrics"] = string.Join(',', meters),
                ["RefreshInterval"] = "1",
                ["MaxTimeSeries"] = "1000",
                ["MaxHistograms"] = "0",
            }),
        };
        if (withAllocations)
        {
            providers.Add(new(ClrTraceEventParser.ProviderName, EventLevel.Verbose, (long)ClrTraceEventParser.Keywords.GC));
        }

        // With little to hold back events in, as that is memory of the process that is looked at.
        using var session = await new DiagnosticsClient(process).StartEventPipeSessionAsync(providers, requestRundown: false, BufferMegabytes, cancellationToken);
        using var events = new EventPipeEventSource(session.EventStream);
        events.Dynamic.All += Print;
        var (allocated, printed) = (0L, 0.0);
        events.Clr.GCAllocationTick += tick =>
        {
            allocated += tick.AllocationAmount64;
            if (tick.TimeStampRelativeMSec >= printed + 1000)
            {
                printed = tick.TimeStampRelativeMSec;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"allocated {allocated}"));
            }
        };
        var reading = Task.Run(events.Process, CancellationToken.None);
        try
        {
            await reading.WaitAsync(TimeSpan.FromSeconds(seconds), cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            await session.StopAsync(CancellationToken.None);
            await reading;
        }
    }

    private static void Print(TraceEvent value)
    {
        var member = value.EventName switch
        {
            "GaugeValuePublished" => "lastValue",
            "CounterRateValuePublished" or "UpDownCounterRateValuePublished" => "value",
            _ => null,
        };
        if (member is not null && value.PayloadByName(member) is string { Length: > 0 } text)
        {
            var tags = (string)value.PayloadByName("tags");
            Console.WriteLine($"{value.PayloadByName("instrumentName")}{(tags.Length == 0 ? "" : $"[{tags}]")} {text}");
        }
    }
}
