using System.Threading.Channels;

namespace FeatureStore.DevSidecar.PubSub.InMemory;

/// <summary>The topics of one in-memory broker. An event nobody subscribes to is gone.</summary>
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
                if (key.Topic == topic)
                {
                    group.Queue.Writer.TryWrite(new BrokerMessage(id, data, message.Metadata));
                }
            }
        }
    }

    /// <summary>The queue that all members of a group take from.</summary>
    public Channel<BrokerMessage> Join(string topic, string group)
    {
        lock (_gate)
        {
            if (!_groups.TryGetValue((topic, group), out var joined))
            {
                _groups[(topic, group)] = joined = new Group();
            }

            joined.Members++;
            return joined.Queue;
        }
    }

    public void Leave(string topic, string group)
    {
        lock (_gate)
        {
            if (_groups.TryGetValue((topic, group), out var left) && --left.Members == 0)
            {
                _groups.Remove((topic, group));
            }
        }
    }

    private sealed class Group
    {
        public Channel<BrokerMessage> Queue { get; } = Channel.CreateUnbounded<BrokerMessage>();

        public int Members { get; set; }
    }
}
