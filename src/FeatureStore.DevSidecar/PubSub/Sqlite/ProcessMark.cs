namespace FeatureStore.DevSidecar.PubSub.Sqlite;

/// <summary>
/// Tells other processes that this one lives: a locked file beside the events. The system gives the lock back however
/// the process ends, and unlike a process id it is never another's.
/// </summary>
internal sealed class ProcessMark : IDisposable
{
    private readonly FileStream _held;

    private ProcessMark(string name, FileStream held) => (Name, _held) = (name, held);

    /// <summary>What claims of this process are known by.</summary>
    public string Name { get; }

    public static ProcessMark Set(string path)
    {
        var name = $"{Path.GetFileName(path)}-{Guid.NewGuid():N}.alive";
        return new ProcessMark(name, new FileStream(
            PathOf(path, name), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose));
    }

    /// <summary>Whether the process that set the mark has ended; clears the mark if so.</summary>
    public static bool IsGone(string path, string name)
    {
        try
        {
            using var free = new FileStream(
                PathOf(path, name), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            return true;
        }
        catch (FileNotFoundException)
        {
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Locked; or, when in doubt, alive: claims then run out.
            return false;
        }
    }

    public void Dispose() => _held.Dispose();

    private static string PathOf(string path, string name) => Path.Combine(Path.GetDirectoryName(path)!, name);
}
