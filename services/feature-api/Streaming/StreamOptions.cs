namespace FeatureStore.FeatureApi.Streaming;

/// <summary>How event streams are served, from section <c>Streams</c>.</summary>
public sealed record StreamOptions
{
    /// <summary>The most streams that are open at once. Further ones are answered 503.</summary>
    public int MaxStreams { get; init; } = 20_000;

    /// <summary>How often a stream says how old what it shows may be.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a caller may take to receive one event. After that its stream is ended.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(10);

    internal static StreamOptions Read(IConfiguration configuration)
    {
        var options = configuration.GetSection("Streams").Get<StreamOptions>() ?? new StreamOptions();
        return options.MaxStreams >= 0 && options.Heartbeat >= StreamHub.Tick && options.WriteTimeout >= StreamHub.Tick
            ? options
            : throw new InvalidOperationException($"Streams: MaxStreams must not be negative, Heartbeat and WriteTimeout {StreamHub.Tick.TotalSeconds} s at least.");
    }
}
