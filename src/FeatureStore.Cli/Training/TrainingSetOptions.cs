using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.Training;

/// <summary>What to make a training set of, and where to.</summary>
internal sealed record TrainingSetOptions
{
    /// <summary>The file of the events.</summary>
    public required string EventsPath { get; init; }

    /// <summary>The media type of the events.</summary>
    public required string EventsType { get; init; }

    /// <summary>The file to write.</summary>
    public required string OutputPath { get; init; }

    /// <summary>What is asked for, as the query of <c>POST /training-sets</c>.</summary>
    public required string Query { get; init; }

    /// <summary>feature-history.</summary>
    public required ServiceEndpoint Service { get; init; }

    /// <summary>How long to wait for a service that is away before giving up.</summary>
    public required TimeSpan Patience { get; init; }
}
