using Microsoft.Extensions.Options;

namespace FeatureStore.Client;

/// <summary>Finds everything that is wrong with <see cref="FeatureStoreOptions"/>.</summary>
internal sealed class OptionsCheck : IValidateOptions<FeatureStoreOptions>
{
    /// <summary>The shortest time limit.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);

    /// <summary>The longest time limit.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    public ValidateOptionsResult Validate(string? name, FeatureStoreOptions options)
    {
        var faults = new List<string>();
        Check(options, faults);
        return faults.Count > 0 ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
    }

    /// <summary>Throws if the options have faults, and lists all of them.</summary>
    /// <exception cref="OptionsValidationException">They have.</exception>
    public static void Require(FeatureStoreOptions options)
    {
        var faults = new List<string>();
        Check(options, faults);
        if (faults.Count > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(FeatureStoreOptions), faults);
        }
    }

    private static void Check(FeatureStoreOptions options, List<string> faults)
    {
        ServiceAddresses.Of(options, faults);
        if (options.ApiKey is { } key && (key.Length == 0 || key.Any(c => c is < '!' or > '~')))
        {
            faults.Add("ApiKey must be an API key, which has visible ASCII characters only, or null.");
        }

        Between(options.AttemptTimeout, Shortest, Longest, nameof(options.AttemptTimeout), faults);
        Between(options.Timeout, Shortest, Longest, nameof(options.Timeout), faults);
        Between(options.RetryDelay, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1), nameof(options.RetryDelay), faults);
        Between(options.MaxRetryDelay, options.RetryDelay, TimeSpan.FromHours(1), nameof(options.MaxRetryDelay), faults);
        Between(options.MaxRetries, 0, 100, nameof(options.MaxRetries), faults);
        Between(options.MaxEntitiesPerCall, 1, 100_000, nameof(options.MaxEntitiesPerCall), faults);
        Between(options.MaxConcurrentCalls, 1, 100, nameof(options.MaxConcurrentCalls), faults);
    }

    /// <summary>Says if a setting lies outside its range.</summary>
    public static void Between<T>(T value, T least, T most, string name, List<string> faults)
        where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            faults.Add($"{name} must lie between {least} and {most}; {value} does not.");
        }
    }
}
