using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace FeatureStore.LoadBaselines;

/// <summary>The command line: each step of <c>run.sh</c> that needs more than a shell.</summary>
internal sealed class LoadCommand
{
    private readonly Option<long> _rows = new("--rows") { Required = true, Description = "How many rows, each of an entity of its own" };
    private readonly Option<int> _features = new("--features") { Description = "Numeric features of each row", DefaultValueFactory = _ => 50 };
    private readonly Option<int> _seed = new("--seed") { Description = "The same seed makes the same rows", DefaultValueFactory = _ => 1 };
    private readonly Option<string> _time = new("--time") { Description = "The rows' event timestamp", DefaultValueFactory = _ => "2026-01-01T00:00:00Z" };
    private readonly Option<string> _file = new("--file") { Required = true, Description = "The NDJSON file" };
    private readonly Option<string> _columnFile = new("--file") { Required = true, Description = "The file; its name says whether it is .parquet or .ndjson" };
    private readonly Option<string> _left = new("--left") { Required = true, Description = "A view" };
    private readonly Option<string> _right = new("--right") { Required = true, Description = "Another view" };
    private readonly Option<string> _url = new("--url") { Required = true, Description = "An address of the service" };
    private readonly Option<string> _endpoint = new("--grpc-endpoint") { Required = true, Description = "The sidecar's gRPC API" };
    private readonly Option<string> _redis = new("--redis") { Required = true, Description = "Redis's host and port" };
    private readonly Option<string[]> _apis = new("--api") { Required = true, Description = "A feature-api; once for each replica" };
    private readonly Option<string> _view = new("--view") { Description = "The view of the rows", DefaultValueFactory = _ => "default" };
    private readonly Option<string> _draws = new("--file") { Required = true, Description = "The file that takes an id a line" };
    private readonly Option<string?> _ids = new("--ids") { Description = "A file of an id a line, instead of entities in their order" };
    private readonly Option<string?> _posted = new("--post") { Description = "A file of JSON to post; without it GET" };
    private readonly Option<double?> _zipf = new("--zipf") { Description = "The exponent of Zipf's law; without it all entities alike" };
    private readonly Option<int> _draw = new("--count") { Description = "How many are drawn", DefaultValueFactory = _ => 500_000 };
    private readonly Option<int> _rowFeatures = new("--row-features") { Description = "Features of view default", DefaultValueFactory = _ => 50 };
    private readonly Option<bool> _allocations = new("--allocations") { Description = "And the bytes allocated meanwhile" };
    private readonly Option<int> _slice = new("--slice") { Description = "The seconds of a slice", DefaultValueFactory = _ => 30 };
    private readonly Option<string> _topic = new("--topic") { Required = true, Description = "The topic" };
    private readonly Option<int> _entities = new("--entities") { Required = true, Description = "How many entities there are" };
    private readonly Option<int> _keys = new("--keys") { Required = true, Description = "How many keys a call asks for" };
    private readonly Option<int> _concurrency = new("--concurrency") { Required = true, Description = "How many calls are under way" };
    private readonly Option<int> _seconds = new("--seconds") { Required = true, Description = "For how long" };
    private readonly Option<int> _views = new("--views") { Required = true, Description = "How many views" };
    private readonly Option<bool> _push = new("--push") { Description = "View default is served from memory" };
    private readonly Option<string> _write = new("--write") { Required = true, Description = "The address of feature-ingest" };
    private readonly Option<int> _rate = new("--rate") { Required = true, Description = "How many rows a second" };
    private readonly Option<int> _port = new("--port") { Required = true, Description = "Where to listen, on loopback" };
    private readonly Option<int> _process = new("--pid") { Required = true, Description = "The process whose memory is read" };
    private readonly Argument<int> _count = new("count");
    private readonly Argument<string[]> _addresses = new("addresses");
    private readonly Argument<string[]> _meters = new("meters");

    public RootCommand Create() => new("What the load is compared with, and what makes the load.")
    {
        Command("ports", "Prints ports on which nothing listens.", [_count], result => PrintFreePorts(result.GetValue(_count))),
        Command("wait", "Waits until every address answers with success.", [_addresses], (result, cancel) =>
            Readiness.WaitAsync(result.GetValue(_addresses)!, cancel)),
        Command("generate", "Writes rows to a file.", [_rows, _features, _seed, _time, _file], (result, cancel) =>
            Rows(result).WriteAsync(result.GetValue(_file)!, cancel)),
        Command("columns", "Writes rows to a Parquet or NDJSON file.", [_rows, _columnFile], result =>
        {
            ColumnFile.Write(result.GetValue(_columnFile)!, result.GetValue(_rows));
            return Task.CompletedTask;
        }),
        Command("compare", "Reads every row of a column file from two views; fails if one differs.", [_url, _left, _right, _rows], (result, cancel) =>
            ViewComparison.RunAsync(new Uri(result.GetValue(_url)!), result.GetValue(_left)!, result.GetValue(_right)!, result.GetValue(_rows), cancel)),
        Command("bare", "Serves a copy of another endpoint's reply, from memory.", [_url, _posted, _port], (result, cancel) =>
            BareEndpoint.RunAsync(new Uri(result.GetValue(_url)!), result.GetValue(_posted), result.GetValue(_port), cancel)),
        Command("direct", "Serves the stored documents from Redis, without a sidecar.", [_redis, _port], (result, cancel) =>
            DirectEndpoint.RunAsync(result.GetValue(_redis)!, result.GetValue(_port), cancel)),
        Command("empty", "Takes every event that a sidecar delivers, and does nothing with it.", [_port], (result, cancel) =>
            EmptySubscriber.RunAsync(result.GetValue(_port), cancel)),
        Command("sink", "Takes whatever telemetry is exported to it.", [_port], (result, cancel) =>
            TelemetrySink.RunAsync(result.GetValue(_port), cancel)),
        Command("backlog", "Prints events of one row each as commands for redis-cli --pipe.", [_topic, _rows, _features, _seed, _time], (result, cancel) =>
            EventBacklog.WriteAsync(result.GetValue(_topic)!, Rows(result), Console.OpenStandardOutput(), cancel)),
        Command("post", "Posts a file as one NDJSON request; prints rows/s.", [_url, _file, _rows], (result, cancel) =>
            NdjsonPost.FileAsync(new Uri(result.GetValue(_url)!), result.GetValue(_file)!, result.GetValue(_rows), cancel)),
        Command("blind", "Saves what a file's rows are stored as, without reading first; prints rows/s.", [_endpoint, _file, _rows], (result, cancel) =>
            BlindSave.RunAsync(new Uri(result.GetValue(_endpoint)!), result.GetValue(_file)!, result.GetValue(_rows), cancel)),
        Command("fill", "Saves rows as they are made, likewise; prints rows/s and the mean length of a document.", [_endpoint, _rows, _features, _seed, _time, _view], (result, cancel) =>
            BlindSave.FillAsync(new Uri(result.GetValue(_endpoint)!), Rows(result), result.GetValue(_view)!, cancel)),
        Command("ids", "Draws entities and writes their ids to a file.", [_entities, _draw, _zipf, _seed, _draws], (result, cancel) =>
            EntityDraws.WriteAsync(
                result.GetValue(_draws)!, result.GetValue(_entities), result.GetValue(_draw), result.GetValue(_zipf), result.GetValue(_seed), cancel)),
        Command("warm", "Reads rows, 100 a call; prints rows/s.", [_url, _entities, _ids], (result, cancel) =>
            FirstReads.RunAsync(
                new Uri(result.GetValue(_url)!),
                result.GetValue(_ids) is { } ids ? File.ReadLines(ids) : Enumerable.Range(0, result.GetValue(_entities)).Select(i => RowGenerator.Id(i)),
                cancel)),
        Command("bulk", "Reads rows of random entities in bulk from the sidecar, for a while; prints calls/s, p50, p99 and p99.9.", [_endpoint, _entities, _keys, _concurrency, _seconds], (result, cancel) =>
            BulkRead.RunAsync(
                new Uri(result.GetValue(_endpoint)!), result.GetValue(_entities), result.GetValue(_keys), result.GetValue(_concurrency), result.GetValue(_seconds), cancel)),
        Command("registry", "Prints a registry around view default, as JSON.", [_views, _features, _rowFeatures, _push], result =>
        {
            Console.WriteLine(RegistryGenerator.Make(
                result.GetValue(_views), result.GetValue(_features), result.GetValue(_rowFeatures), result.GetValue(_push)));
            return Task.CompletedTask;
        }),
        Command("follow", "Opens an idle stream for each entity; prints what they take and how soon a change shows.", [_url, _write, _entities, _seconds, _process], (result, cancel) =>
            IdleStreams.RunAsync(
                new Uri(result.GetValue(_url)!), new Uri(result.GetValue(_write)!), result.GetValue(_entities), result.GetValue(_seconds), result.GetValue(_process), cancel)),
        Command("updates", "Updates rows of random entities at an even rate; prints rows/s, and requests sent again.", [_url, _entities, _features, _rate, _seconds], (result, cancel) =>
            RowUpdates.RunAsync(
                new Uri(result.GetValue(_url)!), new RandomUpdates(result.GetValue(_entities), result.GetValue(_features)),
                result.GetValue(_rate), result.GetValue(_seconds), cancel)),
        Command("visible", "The same, and looks when they show; prints samples, p50 and p99 from acknowledgement and from sending, and of acknowledgement, rows/s.", [_url, _apis, _entities, _features, _rate, _seconds], (result, cancel) =>
            WriteToVisible.RunAsync(
                new Uri(result.GetValue(_url)!), [.. result.GetValue(_apis)!.Select(api => new Uri(api))], result.GetValue(_entities),
                result.GetValue(_features), result.GetValue(_rate), result.GetValue(_seconds), cancel)),
        Command("steady", "Reads random entities at an even rate; prints reads/s, p50, p99 and p99.9 of each slice, after one in vain.", [_url, _entities, _rate, _seconds, _slice], (result, cancel) =>
            SteadyReads.RunAsync(
                new Uri(result.GetValue(_url)!), result.GetValue(_entities), result.GetValue(_rate), result.GetValue(_seconds), result.GetValue(_slice), cancel)),
        Command("metrics", "Prints the metrics of a .NET process each second.", [_process, _seconds, _allocations, _meters], (result, cancel) =>
            ProcessMetrics.WatchAsync(
                result.GetValue(_process), result.GetValue(_meters)!, result.GetValue(_allocations), result.GetValue(_seconds), cancel)),
        Command("memory", "Streams rows as one request; prints the service's memory on the way.", [_url, _rows, _features, _seed, _time, _process], (result, cancel) =>
            NdjsonPost.WatchAsync(new Uri(result.GetValue(_url)!), Rows(result), result.GetValue(_process), cancel)),
    };

    private RowGenerator Rows(ParseResult result) =>
        new(result.GetValue(_rows), result.GetValue(_features), result.GetValue(_seed), result.GetValue(_time)!);

    private static Task PrintFreePorts(int count)
    {
        // All are held until the last is found, so that none is given twice.
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        Console.WriteLine(string.Join(
            ' ', listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture))));
        listeners.ForEach(listener => listener.Stop());
        return Task.CompletedTask;
    }

    private static Command Command(string name, string description, Symbol[] symbols, Func<ParseResult, Task> run) =>
        Command(name, description, symbols, (result, _) => run(result));

    private static Command Command(string name, string description, Symbol[] symbols, Func<ParseResult, CancellationToken, Task> run)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Option option)
            {
                command.Options.Add(option);
            }
            else
            {
                command.Arguments.Add((Argument)symbol);
            }
        }

        command.SetAction(async (result, cancellationToken) =>
        {
            try
            {
                await run(result, cancellationToken);
                return 0;
            }
            catch (LoadFailedException e)
            {
                await Console.Error.WriteLineAsync(e.Message);
                return 1;
            }
        });
        return command;
    }
}
