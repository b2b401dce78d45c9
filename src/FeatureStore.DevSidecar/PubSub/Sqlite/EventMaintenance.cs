using FeatureStore.DevSidecar.Sqlite;
using Microsoft.Data.Sqlite;

namespace FeatureStore.DevSidecar.PubSub.Sqlite;

/// <summary>Frees what members leave behind, and deletes what nobody wants, within the writer's transaction. Not thread-safe.</summary>
internal sealed class EventMaintenance : IDisposable
{
    /// <summary>How many events one transaction deletes, so that publishers do not wait for it long.</summary>
    public const int Batch = 1000;

    private readonly TimeProvider _time;
    private readonly SqliteStatement _processes;
    private readonly SqliteStatement _members;
    private readonly SqliteStatement _free;
    private readonly SqliteStatement _seen;
    private readonly SqliteStatement _removeMember;
    private readonly SqliteStatement _forgetMemberless;
    private readonly SqliteStatement _forgetUnseen;
    private readonly SqliteStatement _dropClaims;
    private readonly SqliteStatement _topics;
    private readonly SqliteStatement _deleteDone;
    private readonly SqliteStatement _oldest;
    private readonly SqliteStatement _deleteUnwanted;

    public EventMaintenance(SqliteConnection connection, TimeProvider time)
    {
        _time = time;
        _processes = new(connection, "SELECT DISTINCT process FROM pubsub_member");
        _members = new(connection, "SELECT id, group_id FROM pubsub_member WHERE process = $process", "$process");
        _free = new(connection, "UPDATE pubsub_claim SET until = 0 WHERE group_id = $group AND member_id = $member", "$group", "$member");
        _seen = new(connection, "UPDATE pubsub_group SET last_seen = $now WHERE id = $group", "$now", "$group");
        _removeMember = new(connection, "DELETE FROM pubsub_member WHERE id = $member", "$member");
        const string NoMember = "NOT EXISTS (SELECT 1 FROM pubsub_member WHERE group_id = pubsub_group.id)";
        _forgetMemberless = new(connection, $"DELETE FROM pubsub_group WHERE of_one_process = 1 AND {NoMember}");
        _forgetUnseen = new(connection, $"DELETE FROM pubsub_group WHERE last_seen <= $cutoff AND {NoMember}", "$cutoff");
        _dropClaims = new(connection, "DELETE FROM pubsub_claim WHERE group_id NOT IN (SELECT id FROM pubsub_group)");
        _topics = new(connection, "SELECT DISTINCT topic FROM pubsub_group");
        _deleteDone = new(connection, """
            DELETE FROM pubsub_event WHERE id IN (
              SELECT id FROM pubsub_event
              WHERE topic = $topic AND id <= (SELECT MIN(cursor) FROM pubsub_group WHERE topic = $topic)
              AND NOT EXISTS (SELECT 1 FROM pubsub_claim WHERE event_id = pubsub_event.id)
              LIMIT $count)
            """, "$topic", "$count");
        _oldest = new(connection, """
            SELECT MAX(id) FROM (
              SELECT id, published FROM pubsub_event WHERE id > $after ORDER BY id LIMIT $count)
            WHERE published <= $cutoff
            """, "$after", "$count", "$cutoff");
        _deleteUnwanted = new(connection, """
            DELETE FROM pubsub_event WHERE id > $after AND id <= $last AND published <= $cutoff
            AND NOT EXISTS (SELECT 1 FROM pubsub_claim WHERE event_id = pubsub_event.id)
            AND NOT EXISTS (SELECT 1 FROM pubsub_group WHERE pubsub_group.topic = pubsub_event.topic AND cursor < pubsub_event.id)
            """, "$after", "$last", "$cutoff");
    }

    /// <summary>Whether groups were forgotten, so that events may be done that nobody settles any more.</summary>
    public bool HasForgotten { get; set; }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The processes that have members.</summary>
    public List<string> Processes() => _processes.Rows(row => row.GetString(0));

    /// <summary>A member stops: what it has claimed is free for others, or for the next start.</summary>
    public bool Leave(GroupMember member)
    {
        Remove(member.Group, member.Id);
        return Forget(_forgetMemberless.Execute());
    }

    /// <summary>The members of processes that are gone leave.</summary>
    public bool Leave(IEnumerable<string> processes)
    {
        foreach (var process in processes)
        {
            foreach (var (member, group) in _members.Rows(row => (row.GetInt64(0), row.GetInt64(1)), process))
            {
                Remove(group, member);
            }
        }

        return Forget(_forgetMemberless.Execute());
    }

    /// <summary>Forgets groups that no process was a member of for so long, with what they had not consumed.</summary>
    public bool ForgetUnseen(TimeSpan retention) => Forget(_forgetUnseen.Execute(Now - (long)retention.TotalMilliseconds));

    /// <summary>
    /// Deletes a batch of events that all groups of their topic are done with: mostly settling does that, but not when a
    /// group was forgotten. Returns how many there were.
    /// </summary>
    public int DeleteDone()
    {
        var deleted = 0;
        foreach (var topic in _topics.Rows(row => row.GetString(0)))
        {
            deleted += _deleteDone.Execute(topic, Batch - deleted);
            if (deleted >= Batch)
            {
                break;
            }
        }

        return deleted;
    }

    /// <summary>
    /// Deletes, among the next batch of events, those that are old and that no group wants. Returns where to go on; null
    /// when there are no older ones.
    /// </summary>
    public long? DeleteUnwanted(long after, TimeSpan retention)
    {
        // Ids grow with time, so the old ones come first.
        var cutoff = Now - (long)retention.TotalMilliseconds;
        if (_oldest.Value(after, Batch, cutoff) is not long last)
        {
            return null;
        }

        _deleteUnwanted.Execute(after, last, cutoff);
        return last;
    }

    public void Dispose()
    {
        foreach (var statement in (ReadOnlySpan<SqliteStatement>)
            [_processes, _members, _free, _seen, _removeMember, _forgetMemberless, _forgetUnseen, _dropClaims, _topics, _deleteDone, _oldest, _deleteUnwanted])
        {
            statement.Dispose();
        }
    }

    private void Remove(long group, long member)
    {
        _free.Execute(group, member);
        _seen.Execute(Now, group);
        _removeMember.Execute(member);
    }

    private bool Forget(int groups)
    {
        if (groups == 0)
        {
            return false;
        }

        _dropClaims.Execute();
        HasForgotten = true;
        return true;
    }
}
