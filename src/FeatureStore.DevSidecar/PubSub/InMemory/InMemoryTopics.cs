using System.Threading.Channels;

namespace FeatureStore.DevSidecar.PubSub.InMemory;

/// <summary>The topics of one in-memory broker. An event that nobody takes at the time is gone.</summary>
internal sealed class InMemoryTopics
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Topic, string Group), Group> _groups = [];
    private long _lastId;

    public void Publish(string topic, OutgoingMessage message)
    {
        // The caller's buffer belongs to its request.
        var data = message.Data.ToArray();
        var id = Interlocked.Increment(ref _lastId).ToString(System.Globalization.CultureInfo.InvariantCulture);
        lock (_gate)
        {
            foreach (var (key, group) in _groups)
            {
                if (key.Topic == topic && group.Members.Any(takes => takes()))
                {
                    group.Queue.Writer.TryWrite(new BrokerMessage(id, data, message.Metadata));
                }
            }
        }
    }

    /// <summary>The queue that all members of a group take from.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="group">The group.</param>
    /// <param name="takes">Whether the new member takes events at the time.</param>
    public Channel<BrokerMessage> Join(string topic, string group, Func<bool> takes)
    {
        lock (_gate)
        {
            if (!_groups.TryGetValue((topic, group), out var joined))
            {
                _groups[(topic, group)] = joined = new Group();
            }

            joined.Members.Add(takes);
            return joined.Queue;
        }
    }

    public void Leave(string topic, string group, Func<bool> takes)
    {
        lock (_gate)
        {
            if (_groups.TryGetValue((topic, group), out var left) && left.Members.Remove(takes) && left.Members.Count == 0)
            {
                _groups.Remove((topic, group));
            }
        }
    }

    private sealed class Group
    {
        public Channel<BrokerMessage> Queue { get; } = Channel.CreateUnbounded<BrokerMessage>();

        public List<Func<bool>> Members { get; } = [];
    }
}
