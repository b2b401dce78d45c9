using System.Net;

namespace FeatureStore.Client;

/// <summary>The feature store did not do what was asked.</summary>
/// <remarks>
/// Subclasses are there where a caller acts differently: <see cref="FeatureStoreUnavailableException"/> (try later),
/// <see cref="FeatureStoreInvalidException"/> (change the request), <see cref="FeatureStoreNotFoundException"/> (it asks for
/// what is not declared), <see cref="FeatureMappingException"/> (the type does not fit the features) and
/// <see cref="WriteManyException"/> (a stream of rows ended early). Everything else, such as a missing right, is this class.
/// </remarks>
public class FeatureStoreException : Exception
{
    private const int MaxFaultsInMessage = 10;

    /// <summary>Makes an exception.</summary>
    /// <param name="message">What happened, for a person.</param>
    /// <param name="innerException">What caused it.</param>
    public FeatureStoreException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    internal FeatureStoreException(string service, Problem problem)
        : base(Describe(service, problem))
    {
        StatusCode = problem.Status;
        Type = problem.Type;
        Title = problem.Title;
        Detail = problem.Detail;
        Faults = problem.Faults;
        TraceId = problem.TraceId;
    }

    /// <summary>The HTTP status of the answer; null where there was none.</summary>
    public HttpStatusCode? StatusCode { get; }

    /// <summary>What kind of problem it is, stable over versions, such as <c>urn:featurestore:invalid</c> (RFC 9457).</summary>
    public string? Type { get; }

    /// <summary>The problem in a few words.</summary>
    public string? Title { get; }

    /// <summary>What is particular to this occurrence of it.</summary>
    public string? Detail { get; }

    /// <summary>Every single fault that was found.</summary>
    public IReadOnlyList<FeatureStoreFault> Faults { get; internal init; } = [];

    /// <summary>Under which the service's log has more, where the failure was the service's.</summary>
    public string? TraceId { get; }

    internal static string Describe(string service, Problem problem)
    {
        var lines = new List<string> { $"{service} answered {(int)problem.Status}: {problem.Title ?? problem.Status.ToString()}" };
        if (problem.Detail is { } detail)
        {
            lines.Add(detail);
        }

        // A problem of one fault often has that fault as its detail.
        lines.AddRange(problem.Faults.Where(fault => fault.Detail != problem.Detail).Take(MaxFaultsInMessage).Select(fault => $"- {fault}"));
        if (problem.Faults.Count > MaxFaultsInMessage)
        {
            lines.Add($"- and {problem.Faults.Count - MaxFaultsInMessage} more");
        }

        return string.Join('\n', lines);
    }
}
