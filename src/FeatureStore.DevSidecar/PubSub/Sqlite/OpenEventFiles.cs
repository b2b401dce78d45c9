using Microsoft.Extensions.Logging;

namespace FeatureStore.DevSidecar.PubSub.Sqlite;

/// <summary>
/// The files of events that this process has open, one each however many sidecars use it: so these share commits and
/// hear of each other's events at once.
/// </summary>
internal static class OpenEventFiles
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<(string Path, TimeProvider Time), EventFile> Files = [];
    private static readonly Dictionary<EventFile, int> Users = [];

    public static EventFile Acquire(SqliteEventOptions options, TimeProvider time, ILogger logger)
    {
        lock (Gate)
        {
            if (!Files.TryGetValue((options.Path, time), out var file))
            {
                Files[(options.Path, time)] = file = new EventFile(options.Path, time, logger);
            }

            Users[file] = Users.GetValueOrDefault(file) + 1;
            file.KeepFor(options.Retention);
            return file;
        }
    }

    public static Task ReleaseAsync(EventFile file)
    {
        lock (Gate)
        {
            if (!Users.TryGetValue(file, out var users))
            {
                return Task.CompletedTask;
            }

            if (users > 1)
            {
                Users[file] = users - 1;
                return Task.CompletedTask;
            }

            Users.Remove(file);
            Files.Remove((file.Path, file.Time));
        }

        return file.CloseAsync();
    }
}
