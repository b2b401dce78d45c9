using System.Globalization;
using System.Runtime.InteropServices;

namespace FeatureStore.History;

/// <summary>
/// Where history lies: <c>view=airport_weather/date=2026-11-23/….parquet</c>, the date being that of the event timestamps in UTC. A
/// file appears there whole and on disk, is never changed, and vanishes only once other files say what it said.
/// </summary>
public sealed class HistoryFolder : IDisposable
{
    private const string ViewPart = "view=";
    private const string DatePart = "date=";
    private const string Extension = ".parquet";

    private readonly FileStream _lock;
    private readonly string _temporary;

    private HistoryFolder(string root, FileStream held)
    {
        Root = root;
        _lock = held;
        _temporary = Path.Combine(root, ".tmp");
        if (Directory.Exists(_temporary))
        {
            // What a process left that died while it wrote.
            Directory.Delete(_temporary, recursive: true);
        }

        Directory.CreateDirectory(_temporary);
    }

    public string Root { get; }

    /// <summary>Takes a folder, which is made where it is missing. One process at a time has it.</summary>
    /// <exception cref="IOException">It cannot be made, or another process has it.</exception>
    public static HistoryFolder Open(string root)
    {
        root = Path.GetFullPath(root);
        FileStream held;
        try
        {
            Directory.CreateDirectory(root);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The folder of history {root} cannot be made: {e.Message} Set History:Path.", e);
        }

        try
        {
            held = new FileStream(Path.Combine(root, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new IOException($"The history in {root} is in use by another process: {e.Message}", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"The history in {root} cannot be written: {e.Message}", e);
        }

        try
        {
            return new HistoryFolder(root, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>A path for a file that is being written. It is on the same disk, and gone at the next start.</summary>
    public string Temporary(string extension) => Path.Combine(_temporary, Guid.NewGuid().ToString("N") + extension);

    /// <summary>A name for a new file; names sort by when they were given.</summary>
    public static string NewName() => Guid.CreateVersion7().ToString("N") + Extension;

    /// <summary>Where a file of a view and day lies.</summary>
    public string PathOf(string view, DateOnly date, string name) => Path.Combine(Root, ViewPart + view, DatePart + date.ToString("O", CultureInfo.InvariantCulture), name);

    /// <summary>Has files appear, each on disk before it does, and all on disk when this returns.</summary>
    /// <exception cref="IOException">Not all of them did.</exception>
    public void Commit(IReadOnlyList<(string Temporary, string Path)> files)
    {
        foreach (var (temporary, _) in files)
        {
            using var file = new FileStream(temporary, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
            file.Flush(flushToDisk: true);
        }

        var folders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (temporary, path) in files)
        {
            var folder = Path.GetDirectoryName(path)!;
            if (!Directory.Exists(folder))
            {
                Directory.CreateDirectory(folder);
                folders.Add(Path.GetDirectoryName(folder)!);
                folders.Add(Root);
            }

            File.Move(temporary, path, overwrite: true);
            folders.Add(folder);
        }

        foreach (var folder in folders)
        {
            FolderSync.Flush(folder);
        }
    }

    /// <summary>All files that lie there.</summary>
    public IEnumerable<(string Path, string View, DateOnly Date)> Files()
    {
        foreach (var view in Directory.EnumerateDirectories(Root, ViewPart + "*"))
        {
            foreach (var day in Directory.EnumerateDirectories(view, DatePart + "*"))
            {
                if (!DateOnly.TryParseExact(Path.GetFileName(day)[DatePart.Length..], "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
                {
                    continue;
                }

                foreach (var path in Directory.EnumerateFiles(day, "*" + Extension))
                {
                    yield return (path, Path.GetFileName(view)[ViewPart.Length..], date);
                }
            }
        }
    }

    public void Dispose() => _lock.Dispose();

    /// <summary>Has the names in a folder on disk; .NET opens no folders.</summary>
    private static class FolderSync
    {
        public static void Flush(string folder)
        {
            if (OperatingSystem.IsWindows())
            {
                // There a name is on disk with its file.
                return;
            }

            var descriptor = Open(folder, 0);
            if (descriptor < 0)
            {
                throw new IOException($"The folder {folder} cannot be opened: error {Marshal.GetLastPInvokeError()}.");
            }

            try
            {
                if (Fsync(descriptor) != 0)
                {
                    throw new IOException($"The folder {folder} cannot be put on disk: error {Marshal.GetLastPInvokeError()}.");
                }
            }
            finally
            {
                _ = Close(descriptor);
            }
        }

        [DllImport("libc", EntryPoint = "open", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
        private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

        [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
        private static extern int Fsync(int descriptor);

        [DllImport("libc", EntryPoint = "close")]
        private static extern int Close(int descriptor);
    }
}
