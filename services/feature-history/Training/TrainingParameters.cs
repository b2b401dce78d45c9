using FeatureStore.History;
using FeatureStore.Hosting.Requests;
using FeatureStore.Model;

namespace FeatureStore.FeatureHistory.Training;

/// <summary>What a training set is asked for in the query of a request.</summary>
internal static class TrainingParameters
{
    public static readonly IReadOnlyList<QueryParameter> Known =
    [
        new("feature", IsList: true), new("service"), new("id", IsList: true), new("time"), new("as_of"), new("lag", IsList: true), new("format"),
    ];

    /// <summary>Reads the query, or reports everything that is wrong with it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="registry">What is declared.</param>
    /// <param name="eventsFormat">How the events are written down.</param>
    /// <param name="faults">Receives every fault.</param>
    /// <returns>The request but for its files; null if a fault was found.</returns>
    public static TrainingSetRequest? Read(HttpContext context, Model.Registry registry, TableFormat eventsFormat, List<Fault> faults)
    {
        var target = RequestTarget.ReadQuery(context, Known, faults);
        var features = Features(target, registry, faults);
        if (target.Single("time", faults) is not { Length: > 0 } time)
        {
            faults.Add(Fault.Malformed("time is missing: the column of the events that has their time.", "time"));
            return null;
        }

        var visibleFrom = target.Single("as_of", faults) switch
        {
            null or "event" => VisibleFrom.EventTime,
            "created" => VisibleFrom.Created,
            "accepted" => VisibleFrom.Accepted,
            var other => Unknown<VisibleFrom>("as_of", "event, created or accepted", other, faults),
        };
        var format = target.Single("format", faults) switch
        {
            null or "parquet" => TableFormat.Parquet,
            "csv" => TableFormat.Csv,
            var other => Unknown<TableFormat>("format", "parquet or csv", other, faults),
        };
        var (keys, lags) = (KeyColumns(target, faults), Lags(target, faults));
        return faults.Count > 0 ? null : new TrainingSetRequest
        {
            EventsPath = "",
            EventsFormat = eventsFormat,
            KeyColumns = keys,
            TimeColumn = time,
            Features = features,
            VisibleFrom = visibleFrom,
            Lags = lags,
            OutputPath = "",
            OutputFormat = format,
        };
    }

    private static List<FeatureReference> Features(RequestTarget target, Model.Registry registry, List<Fault> faults)
    {
        var features = new List<FeatureReference>();
        if (target.Single("service", faults) is { } name)
        {
            if (registry.Services.TryGetValue(name, out var service))
            {
                features.AddRange(service.Features);
            }
            else
            {
                faults.Add(Fault.Unknown($"There is no feature service '{StateKey.Shorten(name)}'.{ClosestName.Suggestion(name, registry.Services.Keys)}", "service"));
            }
        }

        foreach (var text in target.All("feature"))
        {
            if (FeatureReference.TryParse(text, out var reference))
            {
                features.Add(reference);
            }
            else
            {
                faults.Add(Fault.Malformed($"A feature is named by its view, as in airport_weather:temp; '{StateKey.Shorten(text)}' is not.", "feature"));
            }
        }

        if (features.Count == 0 && faults.Count == 0)
        {
            faults.Add(Fault.Malformed("Neither service nor feature says which features the set is to have.", "feature"));
        }

        return features;
    }

    private static Dictionary<string, string> KeyColumns(RequestTarget target, List<Fault> faults)
    {
        var columns = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var id in target.All("id"))
        {
            var equals = id.IndexOf('=', StringComparison.Ordinal);
            var (key, column) = equals < 0 ? (id, id) : (id[..equals], id[(equals + 1)..]);
            if (key.Length == 0 || column.Length == 0 || !columns.TryAdd(key, column))
            {
                faults.Add(Fault.Malformed($"id names a join key once, and its column where that is named otherwise, as in origin=from_airport; '{StateKey.Shorten(id)}' does not.", "id"));
            }
        }

        return columns;
    }

    private static Dictionary<string, TimeSpan> Lags(RequestTarget target, List<Fault> faults)
    {
        var lags = new Dictionary<string, TimeSpan>(StringComparer.Ordinal);
        foreach (var text in target.All("lag"))
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !Duration.TryParse(text[(equals + 1)..], out var lag) || !lags.TryAdd(text[..equals], lag))
            {
                faults.Add(Fault.Malformed($"lag names a view once and a length of time, as in airport_weather=15m; '{StateKey.Shorten(text)}' does not.", "lag"));
            }
        }

        return lags;
    }

    private static T Unknown<T>(string parameter, string expected, string given, List<Fault> faults)
    {
        faults.Add(Fault.Malformed($"{parameter} is {expected}; '{StateKey.Shorten(given)}' is not.", parameter));
        return default!;
    }
}
