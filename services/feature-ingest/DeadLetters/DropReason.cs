using System.Security.Cryptography;
using FeatureStore.Model;

namespace FeatureStore.FeatureIngest.DeadLetters;

/// <summary>Why an event was dropped to the dead-letter topic.</summary>
/// <param name="Key">The state key under which it is noted: a hash of the event's bytes, all that the dead letter still has of it.</param>
/// <param name="Reasons">What is wrong with the event, the first faults of many.</param>
internal sealed record DropReason(string Key, IReadOnlyList<string> Reasons)
{
    private const int MaxReasons = 10;

    public static DropReason Of(ReadOnlyMemory<byte> payload, IReadOnlyCollection<Fault> faults) => new(KeyOf(payload), Texts(faults));

    public static string KeyOf(ReadOnlyMemory<byte> payload) => $"$dead-letter-reasons/{Convert.ToHexStringLower(SHA256.HashData(payload.Span))}";

    /// <summary>The faults for a person, bounded.</summary>
    public static IReadOnlyList<string> Texts(IReadOnlyCollection<Fault> faults)
    {
        var texts = faults.Take(MaxReasons).Select(fault => fault.Detail).ToList();
        if (faults.Count > MaxReasons)
        {
            texts.Add($"And {faults.Count - MaxReasons} more faults.");
        }

        return texts;
    }
}
