using FeatureStore.DevSidecar.Sqlite;
using Microsoft.Data.Sqlite;

namespace FeatureStore.DevSidecar.PubSub.Sqlite;

/// <summary>What publishers and members do with the tables, within the writer's transaction. Not thread-safe.</summary>
internal sealed class EventTables : IDisposable
{
    /// <summary>How much one claim reads at most, unless a single event is larger.</summary>
    private const long ClaimedBytes = 16 * 1024 * 1024;

    private readonly TimeProvider _time;
    private readonly SqliteStatement _publish;
    private readonly SqliteStatement _joinGroup;
    private readonly SqliteStatement _joinMember;
    private readonly SqliteStatement _cursor;
    private readonly SqliteStatement _setCursor;
    private readonly SqliteStatement _free;
    private readonly SqliteStatement _read;
    private readonly SqliteStatement _new;
    private readonly SqliteStatement _claim;
    private readonly SqliteStatement _reclaim;
    private readonly SqliteStatement _renew;
    private readonly SqliteStatement _settle;
    private readonly SqliteStatement _deleteIfDone;

    public EventTables(SqliteConnection connection, TimeProvider time)
    {
        _time = time;
        _publish = new(connection,
            "INSERT INTO pubsub_event (topic, published, metadata, data) VALUES ($topic, $now, $metadata, $data)", "$topic", "$now", "$metadata", "$data");
        _joinGroup = new(connection, """
            INSERT INTO pubsub_group (topic, name, of_one_process, last_seen) VALUES ($topic, $name, $single, $now)
            ON CONFLICT (topic, name) DO UPDATE SET last_seen = excluded.last_seen RETURNING id
            """, "$topic", "$name", "$single", "$now");
        _joinMember = new(connection,
            "INSERT INTO pubsub_member (group_id, process) VALUES ($group, $process) RETURNING id", "$group", "$process");
        _cursor = new(connection, "SELECT cursor FROM pubsub_group WHERE id = $group", "$group");
        _setCursor = new(connection, "UPDATE pubsub_group SET cursor = $cursor WHERE id = $group", "$cursor", "$group");
        _free = new(connection,
            "SELECT event_id FROM pubsub_claim WHERE group_id = $group AND until <= $now ORDER BY until, event_id LIMIT $count", "$group", "$now", "$count");
        _read = new(connection, "SELECT id, metadata, data FROM pubsub_event WHERE id = $event", "$event");
        _new = new(connection,
            "SELECT id, metadata, data FROM pubsub_event WHERE topic = $topic AND id > $cursor ORDER BY id LIMIT $count", "$topic", "$cursor", "$count");
        _claim = new(connection,
            "INSERT INTO pubsub_claim (event_id, group_id, member_id, until) VALUES ($event, $group, $member, $until)", "$event", "$group", "$member", "$until");
        _reclaim = new(connection,
            "UPDATE pubsub_claim SET member_id = $member, until = $until WHERE event_id = $event AND group_id = $group", "$event", "$group", "$member", "$until");
        _renew = new(connection,
            "UPDATE pubsub_claim SET until = $until WHERE event_id = $event AND group_id = $group AND member_id = $member",
            "$event", "$group", "$member", "$until");
        _settle = new(connection, "DELETE FROM pubsub_claim WHERE event_id = $event AND group_id = $group", "$event", "$group");
        _deleteIfDone = new(connection, """
            DELETE FROM pubsub_event WHERE id = $event
            AND NOT EXISTS (SELECT 1 FROM pubsub_claim WHERE event_id = $event)
            AND NOT EXISTS (SELECT 1 FROM pubsub_group WHERE topic = $topic AND cursor < $event)
            """, "$event", "$topic");
        Maintenance = new EventMaintenance(connection, time);
    }

    public EventMaintenance Maintenance { get; }

    /// <summary>The topics that got events since the last commit.</summary>
    public HashSet<string> Published { get; } = new(StringComparer.Ordinal);

    public long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    public bool Publish(string topic, byte[] data, string? metadata)
    {
        Published.Add(topic);
        return _publish.Execute(topic, Now, metadata, data) > 0;
    }

    public GroupMember Join(string topic, string group, bool ofOneProcess, string process)
    {
        var id = (long)_joinGroup.Value(topic, group, ofOneProcess ? 1 : 0, Now)!;
        return new GroupMember(topic, id, (long)_joinMember.Value(id, process)!);
    }

    /// <summary>
    /// Claims events for a member: first those whose claim ran out, then new ones. Null when its group is not there.
    /// </summary>
    /// <param name="member">Who claims.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="duration">For how long; null for ever.</param>
    /// <param name="holds">Whether the member itself still holds an event: its claim goes on, and it is not returned.</param>
    public List<ClaimedEvent>? Claim(GroupMember member, int count, TimeSpan? duration, Func<long, bool> holds)
    {
        if (_cursor.Value(member.Group) is not long cursor)
        {
            return null;
        }

        var until = Until(duration);
        var claimed = new List<ClaimedEvent>();
        var bytes = 0L;
        foreach (var id in _free.Rows(row => row.GetInt64(0), member.Group, Now, count))
        {
            if (bytes >= ClaimedBytes)
            {
                return claimed;
            }

            if (holds(id))
            {
                _renew.Execute(id, member.Group, member.Id, until);
                continue;
            }

            _reclaim.Execute(id, member.Group, member.Id, until);
            var before = claimed.Count;
            _read.RowsWhile(Take, id);
            if (claimed.Count == before)
            {
                // Someone deleted the row by hand.
                _settle.Execute(id, member.Group);
            }
        }

        var reclaimed = claimed.Count;
        if (reclaimed < count && bytes < ClaimedBytes)
        {
            _new.RowsWhile(Take, member.Topic, cursor, count - reclaimed);
        }

        for (var i = reclaimed; i < claimed.Count; i++)
        {
            _claim.Execute(claimed[i].Id, member.Group, member.Id, until);
        }

        if (claimed.Count > reclaimed)
        {
            _setCursor.Execute(claimed[^1].Id, member.Group);
        }

        return claimed;

        bool Take(SqliteDataReader row)
        {
            var data = row.GetFieldValue<byte[]>(2);
            claimed.Add(new ClaimedEvent(row.GetInt64(0), data, EventMetadata.Read(row.IsDBNull(1) ? null : row.GetString(1))));
            bytes += data.Length;
            return bytes < ClaimedBytes;
        }
    }

    /// <summary>Lets claims go on that have not been taken over.</summary>
    public int Renew(GroupMember member, IEnumerable<long> events, TimeSpan duration)
    {
        var until = Until(duration);
        return events.Sum(id => _renew.Execute(id, member.Group, member.Id, until));
    }

    /// <summary>The group is done with the events; those that no other group wants are deleted.</summary>
    public int Settle(GroupMember member, IReadOnlyList<long> events)
    {
        var deleted = 0;
        foreach (var id in events)
        {
            _settle.Execute(id, member.Group);
            deleted += _deleteIfDone.Execute(id, member.Topic);
        }

        return deleted;
    }

    public void Dispose()
    {
        foreach (var statement in (ReadOnlySpan<SqliteStatement>)
            [_publish, _joinGroup, _joinMember, _cursor, _setCursor, _free, _read, _new, _claim, _reclaim, _renew, _settle, _deleteIfDone])
        {
            statement.Dispose();
        }

        Maintenance.Dispose();
    }

    private long Until(TimeSpan? duration) => duration is { } limited ? Now + (long)limited.TotalMilliseconds : long.MaxValue;
}
