using System.Text.RegularExpressions;
using FeatureStore.DevSidecar.Resources;
using FeatureStore.DevSidecar.Sqlite;

namespace FeatureStore.DevSidecar.PubSub.Sqlite;

/// <summary>The metadata of a <c>pubsub.sqlite</c> component.</summary>
/// <param name="Path">The file, from <c>connectionString</c>; default <c>events.db</c> in the data directory.</param>
/// <param name="ConsumerGroup"><c>consumerID</c>: members of one group share its events. Default the app id.</param>
/// <param name="IsOfOneProcess">
/// Whether no later process comes back to the group: its <c>consumerID</c> holds a UUID, as <c>{uuid}</c> makes one.
/// Such a group is forgotten, with what it has not consumed, once its members are gone.
/// </param>
/// <param name="Concurrency">How many events may be in hands at a time, and so the largest bulk. Default 400.</param>
/// <param name="QueueDepth">How many more a member may have claimed. Default 2000.</param>
/// <param name="ProcessingTimeout">
/// How long a claim lasts, and how long the app may work on an event until it is delivered again. Default 15 s; 0: for ever.
/// </param>
/// <param name="RedeliverInterval">How often a member looks for claims that ran out. Default 15 s; 0: never.</param>
/// <param name="Retention">
/// How long events are kept that no group wants, and groups (with what they have not consumed) that no process is a
/// member of. Default 168h; 0: for ever.
/// </param>
internal sealed partial record SqliteEventOptions(
    string Path,
    string ConsumerGroup,
    bool IsOfOneProcess,
    int Concurrency,
    int QueueDepth,
    TimeSpan ProcessingTimeout,
    TimeSpan RedeliverInterval,
    TimeSpan Retention)
{
    /// <summary>Whether a claim ever runs out while its process lives.</summary>
    public bool Redelivers => ProcessingTimeout > TimeSpan.Zero && RedeliverInterval > TimeSpan.Zero;

    public static SqliteEventOptions Read(ComponentMetadata metadata, string appId, string dataDirectory)
    {
        var group = metadata.Text("consumerID", appId);
        return new SqliteEventOptions(
            SqlitePath.Of(metadata.Text("connectionString", "events.db"), dataDirectory, "pubsub.sqlite without a file is not in DevSidecar, use pubsub.in-memory"),
            group,
            group != appId && Uuid().IsMatch(group),
            Math.Max(1, metadata.Integer("concurrency", 400)),
            Math.Max(1, metadata.Integer("queueDepth", 2000)),
            metadata.Milliseconds("processingTimeout", TimeSpan.FromSeconds(15)),
            metadata.Milliseconds("redeliverInterval", TimeSpan.FromSeconds(15)),
            metadata.Duration("retention", TimeSpan.FromHours(168)));
    }

    [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", RegexOptions.IgnoreCase)]
    private static partial Regex Uuid();
}
