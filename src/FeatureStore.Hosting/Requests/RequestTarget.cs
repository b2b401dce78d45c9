using System.Text;
using FeatureStore.Model;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FeatureStore.Hosting.Requests;

/// <summary>The path and query of a request, taken from the raw target and decoded exactly once.</summary>
/// <remarks>
/// Servers decode paths but for <c>%2F</c>, and fold dots; read from there, two entities could become one.
/// </remarks>
public sealed class RequestTarget
{
    private const string Address = "/features";

    private readonly List<KeyValuePair<string, string>> _query;

    private RequestTarget(string? entityId, List<KeyValuePair<string, string>> query)
    {
        EntityId = entityId;
        _query = query;
    }

    /// <summary>The entity id in the path, if there is one.</summary>
    public string? EntityId { get; }

    /// <summary>Reads a target of the form <c>/features[/{entity_id}][?name=value…]</c>.</summary>
    /// <param name="context">The request.</param>
    /// <param name="known">The query parameters that the address takes.</param>
    /// <param name="faults">Receives every fault that is found.</param>
    public static RequestTarget Read(HttpContext context, IReadOnlyList<QueryParameter> known, ICollection<Fault> faults)
    {
        var query = ReadQuery(context, known, faults)._query;
        var target = Raw(context);
        var mark = target.IndexOf('?');
        return new RequestTarget(ReadEntityId(mark < 0 ? target : target[..mark], faults), query);
    }

    /// <summary>Reads the query of a target of any path.</summary>
    /// <param name="context">The request.</param>
    /// <param name="known">The query parameters that the address takes.</param>
    /// <param name="faults">Receives every fault that is found.</param>
    public static RequestTarget ReadQuery(HttpContext context, IReadOnlyList<QueryParameter> known, ICollection<Fault> faults)
    {
        var target = Raw(context);
        var mark = target.IndexOf('?');
        var query = new List<KeyValuePair<string, string>>();
        if (mark >= 0)
        {
            foreach (var part in target[(mark + 1)..].ToString().Split('&', StringSplitOptions.RemoveEmptyEntries))
            {
                ReadParameter(part, known, query, faults);
            }
        }

        return new RequestTarget(null, query);
    }

    /// <summary>The entity's keys: the id in the path, or the query's <c>entity_id</c>, repeated for composite ids.</summary>
    public IReadOnlyList<string> Keys(ICollection<Fault> faults)
    {
        var named = All("entity_id");
        if (EntityId is null)
        {
            return named;
        }

        if (named.Count > 0)
        {
            faults.Add(Fault.Malformed("The entity id stands in the path and in the query.", "entity_id"));
        }

        return [EntityId];
    }

    /// <summary>All values of a parameter, in order.</summary>
    public IReadOnlyList<string> All(string name) => [.. _query.Where(pair => pair.Key == name).Select(pair => pair.Value)];

    /// <summary>The value of a parameter that may stand once.</summary>
    public string? Single(string name, ICollection<Fault> faults)
    {
        var values = All(name);
        if (values.Count > 1)
        {
            faults.Add(Fault.Malformed($"The query parameter '{name}' stands more than once.", name));
        }

        return values.Count > 0 ? values[0] : null;
    }

    /// <summary>The names that <c>feature</c> gives, each once, in UTF-8.</summary>
    public IReadOnlyList<byte[]> FeatureNames(ICollection<Fault> faults)
    {
        var names = All("feature").Distinct(StringComparer.Ordinal).Select(Encoding.UTF8.GetBytes).ToArray();
        foreach (var name in names)
        {
            FeatureReader.CheckName(name, faults);
        }

        return names;
    }

    /// <summary>The time that a parameter gives, if it stands there.</summary>
    public Timestamp? Time(string name, ICollection<Fault> faults)
    {
        if (Single(name, faults) is not { } text)
        {
            return null;
        }

        if (Timestamp.TryParse(text, out var time))
        {
            return time;
        }

        faults.Add(Fault.Malformed($"{name} must be {Timestamp.Expected} (in a query, write + as %2B); '{text}' is not.", name));
        return null;
    }

    private static ReadOnlySpan<char> Raw(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget.AsSpan();
        if (target.IsEmpty || target[0] == '/')
        {
            return target;
        }

        // The absolute form, as proxies send it.
        var scheme = target.IndexOf("://");
        var slash = scheme < 0 ? -1 : target[(scheme + 3)..].IndexOf('/');
        return slash < 0 ? "/" : target[(scheme + 3 + slash)..];
    }

    private static string? ReadEntityId(ReadOnlySpan<char> path, ICollection<Fault> faults)
    {
        if (!path.StartsWith(Address, StringComparison.Ordinal))
        {
            // Routing folds dots and the like; what is meant by them is not guessed.
            faults.Add(Fault.Malformed($"The path must begin with {Address} as it stands.", "entity_id"));
            return null;
        }

        var segment = path[Address.Length..];
        if (segment.IsEmpty || segment is "/")
        {
            return null;
        }

        segment = segment[1..];

        if (segment.Contains('/'))
        {
            faults.Add(Fault.Malformed(
                "The path holds more than an entity id: write a / inside an id as %2F, and composite ids as ?entity_id=…&entity_id=….", "entity_id"));
            return null;
        }

        if (PercentEncoding.TryDecode(segment, plusIsSpace: false, out var id))
        {
            return id;
        }

        faults.Add(Fault.Malformed("The entity id in the path is not percent-encoded UTF-8.", "entity_id"));
        return null;
    }

    private static void ReadParameter(
        string part, IReadOnlyList<QueryParameter> known, List<KeyValuePair<string, string>> query, ICollection<Fault> faults)
    {
        var equals = part.IndexOf('=', StringComparison.Ordinal);
        var rawName = equals < 0 ? part : part[..equals];
        var rawValue = equals < 0 ? "" : part[(equals + 1)..];
        if (!PercentEncoding.TryDecode(rawName, plusIsSpace: true, out var name))
        {
            faults.Add(Fault.Malformed("The name of a query parameter is not percent-encoded UTF-8."));
            return;
        }

        if (known.FirstOrDefault(parameter => parameter.Name == name) is not { } parameter)
        {
            faults.Add(Fault.Malformed(
                $"There is no query parameter '{(name.Length > 80 ? name[..80] : name)}' here; there are {string.Join(", ", known.Select(parameter => parameter.Name))}.", name));
            return;
        }

        // A comma parts a list only as it stands; written as %2C it belongs to a name.
        foreach (var item in parameter.IsList ? rawValue.Split(',') : [rawValue])
        {
            if (PercentEncoding.TryDecode(item, plusIsSpace: true, out var value))
            {
                query.Add(new(name, value));
            }
            else
            {
                faults.Add(Fault.Malformed($"The query parameter '{name}' is not percent-encoded UTF-8.", name));
            }
        }
    }
}
