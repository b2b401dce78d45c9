namespace FeatureStore.FeatureIngest.DeadLetters;

/// <summary>How dead letters are kept, from section <c>DeadLetters</c>.</summary>
public sealed record DeadLetterOptions
{
    /// <summary>How long a dead letter is kept.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromDays(30);

    /// <summary>The most bytes of an event that are kept; of a larger one its beginning, and it cannot be retried.</summary>
    public int MaxEventBytes { get; init; } = 1024 * 1024;

    public static DeadLetterOptions Read(IConfiguration configuration)
    {
        var options = configuration.GetSection("DeadLetters").Get<DeadLetterOptions>() ?? new DeadLetterOptions();
        return options.Keep >= TimeSpan.FromMinutes(1) && options.MaxEventBytes is > 0 and <= 1024 * 1024
            ? options
            : throw new InvalidOperationException("DeadLetters: Keep must be at least a minute, and MaxEventBytes between 1 and 1048576.");
    }
}
