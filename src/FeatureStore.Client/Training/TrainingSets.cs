using System.Globalization;
using System.Text.Json;

namespace FeatureStore.Client;

/// <summary>Makes training sets by feature-history: events, each with the features that the store would have answered at its time.</summary>
public sealed class TrainingSets
{
    private const string Path = "/training-sets";
    private const string CsvType = "text/csv";
    private const string ParquetType = "application/vnd.apache.parquet";

    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ForgetWithin = TimeSpan.FromSeconds(5);

    private readonly StoreConnection _connection;
    private readonly TimeProvider _time;

    internal TrainingSets(StoreConnection connection, TimeProvider time) => (_connection, _time) = (connection, time);

    /// <summary>Has a training set made, and waits until it is.</summary>
    /// <param name="spec">What it is made of.</param>
    /// <param name="events">The events, which are read once, as they are sent; they may be of any size.</param>
    /// <param name="progress">Receives how much of the set is made, from 0 to 1.</param>
    /// <param name="cancellationToken">Gives up: the service stops making the set.</param>
    /// <returns>The set, to be downloaded and disposed of.</returns>
    /// <exception cref="FeatureStoreInvalidException">It cannot be made of what was given; <see cref="FeatureStoreException.Faults"/> says why.</exception>
    /// <exception cref="FeatureStoreNotFoundException">The feature service is not declared.</exception>
    /// <exception cref="FeatureStoreUnavailableException">
    /// feature-history is away or busy, or was restarted while it made the set. Making it again is safe: nothing is changed by it.
    /// </exception>
    /// <remarks>The events are sent once. While the set is made a service that is away is asked again, as reads are.</remarks>
    public async Task<TrainingSet> CreateAsync(
        TrainingSetSpec spec, Stream events, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(events);
        var post = new StoreRequest(StoreService.History, HttpMethod.Post, Target(spec))
        {
            Stream = events,
            ContentType = spec.EventsFormat == TrainingSetFormat.Csv ? CsvType : ParquetType,
            IsRepeatable = false,
            AttemptTimeout = Timeout.InfiniteTimeSpan,
        };

        // Once, whatever comes of it: a stream cannot be read again.
        var reply = await _connection.ExchangeAsync(post, cancellationToken).ConfigureAwait(false);
        if (reply.Problem is { } problem)
        {
            throw reply.Failure(problem);
        }

        var id = reply.Read(reply.Json(), job => job.GetProperty("id").GetString()!);
        try
        {
            return await WaitAsync(id, reply, progress, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await ForgetAsync(id).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Has the service stop a set, or let go of it. What fails is left: it lets go by itself after some hours.</summary>
    internal async Task ForgetAsync(string id)
    {
        using var within = new CancellationTokenSource(ForgetWithin, _time);
        try
        {
            await _connection.ExchangeAsync(
                new StoreRequest(StoreService.History, HttpMethod.Delete, $"{Path}/{id}") { IsRepeatable = false }, within.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FeatureStoreException or OperationCanceledException)
        {
            // It is not there, or will be gone some time later.
        }
    }

    private async Task<TrainingSet> WaitAsync(string id, StoreReply reply, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        for (var look = FirstLook; ; look = look < LongestLook ? look * 1.5 : LongestLook)
        {
            var (status, done) = reply.Read(reply.Json(), job => (job.GetProperty("status").GetString(), job.GetProperty("progress").GetDouble()));
            progress?.Report(done);
            switch (status)
            {
                case "done":
                    return reply.Read(reply.Json(), ReadSet);
                case "failed":
                    throw Failed(reply.Read(reply.Json(), job => job.GetProperty("errors").EnumerateArray().Select(error => error.GetString() ?? "").ToList()));
                default:
                    break;
            }

            await Task.Delay(look, _time, cancellationToken).ConfigureAwait(false);
            try
            {
                reply = await _connection.SendAsync(new StoreRequest(StoreService.History, HttpMethod.Get, $"{Path}/{id}"), cancellationToken).ConfigureAwait(false);
            }
            catch (FeatureStoreNotFoundException e)
            {
                throw new FeatureStoreUnavailableException(
                    "feature-history was restarted while it made the training set, and no longer knows it. Making it again is safe.", mayHaveBeenProcessed: false, e);
            }
        }
    }

    private TrainingSet ReadSet(JsonElement job) => new(this, _connection)
    {
        Id = job.GetProperty("id").GetString()!,
        Events = job.GetProperty("events").GetInt64(),
        Bytes = job.GetProperty("bytes").GetInt64(),
        Sha256 = job.GetProperty("sha256").GetString()!,
        Features = [.. job.GetProperty("features").EnumerateArray().Select(feature => new TrainingSetColumn(
            feature.GetProperty("feature").GetString()!, feature.GetProperty("column").GetString()!, feature.GetProperty("matched").GetInt64()))],
    };

    private static FeatureStoreInvalidException Failed(IReadOnlyList<string> errors) => new(
        $"The training set cannot be made:{string.Concat(errors.Select(error => $"\n- {error}"))}", [.. errors.Select(error => new FeatureStoreFault(error))]);

    private static string Target(TrainingSetSpec spec)
    {
        var query = new TargetQuery(Path);
        query.Add("time", spec.TimeColumn);
        query.Add("service", spec.Service);
        query.Add("feature", spec.Features);
        query.Add("id", [.. spec.KeyColumns.Select(key => $"{key.Key}={key.Value}")]);
        query.Add("as_of", spec.AsOf switch
        {
            TrainingAsOf.Created => "created",
            TrainingAsOf.Accepted => "accepted",
            _ => null,
        });
        query.Add("lag", [.. spec.Lags.Select(lag => string.Create(CultureInfo.InvariantCulture, $"{lag.Key}={(long)lag.Value.TotalMilliseconds}ms"))]);
        query.Add("format", spec.Format == TrainingSetFormat.Csv ? "csv" : "parquet");
        return query.ToString();
    }
}
