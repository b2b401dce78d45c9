using System.Collections.Immutable;
using System.Text.Json;
using DuckDB.NET.Data;

namespace FeatureStore.History;

/// <summary>The files of history, and who reads them: a file that others replaced is deleted once nobody reads it any more.</summary>
public sealed class HistoryCatalog : IDisposable
{
    /// <summary>How many files are asked for what is known of them at once.</summary>
    private const int FilesAtOnce = 500;

    private readonly Lock _gate = new();
    private readonly List<Lease> _leases = [];
    private readonly List<(string Path, long Version)> _retired = [];
    private ImmutableSortedDictionary<string, ImmutableList<HistoryFile>> _files = ImmutableSortedDictionary.Create<string, ImmutableList<HistoryFile>>(StringComparer.Ordinal);
    private long _version;

    private HistoryCatalog(HistoryFolder folder) => Folder = folder;

    public HistoryFolder Folder { get; }

    /// <summary>Files that lie in the folder and are no files of history, which are left alone.</summary>
    public IReadOnlyList<string> Strangers { get; private set; } = [];

    /// <summary>All files by view.</summary>
    public ImmutableSortedDictionary<string, ImmutableList<HistoryFile>> Files => _files;

    /// <summary>Takes a folder and learns what lies there.</summary>
    /// <exception cref="IOException">It cannot be read, or another process has it.</exception>
    public static HistoryCatalog Open(string root)
    {
        var folder = HistoryFolder.Open(root);
        try
        {
            var catalog = new HistoryCatalog(folder);
            catalog.Load();
            return catalog;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Holds the files as they are now, so that they can be read until the lease is disposed of.</summary>
    public Lease Hold()
    {
        lock (_gate)
        {
            var lease = new Lease(this, _files, _version);
            _leases.Add(lease);
            return lease;
        }
    }

    /// <summary>Has files appear.</summary>
    /// <exception cref="IOException">Not all of them did. Those that did are known.</exception>
    internal void Add(IReadOnlyList<(string Temporary, HistoryFile File)> written) => Replace(written, []);

    /// <summary>Has files appear that say what others say, and those vanish once nobody reads them.</summary>
    internal void Replace(IReadOnlyList<(string Temporary, HistoryFile File)> written, IReadOnlyCollection<HistoryFile> replaced)
    {
        var sized = written.Select(one => (one.Temporary, File: one.File with { Bytes = new FileInfo(one.Temporary).Length })).ToList();
        var isDone = false;
        try
        {
            if (sized.Count == 0 && replaced.Count > 0)
            {
                // No file says that these are gone.
                WriteGone([.. ReadGone(), .. replaced.Select(file => Path.GetFileName(file.Path))]);
            }

            Folder.Commit([.. sized.Select(one => (one.Temporary, one.File.Path))]);
            isDone = true;
        }
        finally
        {
            lock (_gate)
            {
                _version++;
                foreach (var (_, file) in sized.Where(one => isDone || File.Exists(one.File.Path)))
                {
                    _files = _files.SetItem(file.View, _files.GetValueOrDefault(file.View, []).Add(file));
                }

                foreach (var file in isDone ? replaced : [])
                {
                    var left = _files.GetValueOrDefault(file.View, []).Remove(file);
                    _files = left.IsEmpty ? _files.Remove(file.View) : _files.SetItem(file.View, left);
                    _retired.Add((file.Path, _version));
                }
            }
        }

        Sweep();
    }

    public void Dispose() => Folder.Dispose();

    private void Return(Lease lease)
    {
        lock (_gate)
        {
            _leases.Remove(lease);
        }

        Sweep();
    }

    private void Sweep()
    {
        List<string> gone;
        lock (_gate)
        {
            // Whoever holds a version from before a file was replaced may still read it.
            var oldest = _leases.Count > 0 ? _leases.Min(lease => lease.Version) : long.MaxValue;
            gone = [.. _retired.Where(one => one.Version <= oldest).Select(one => one.Path)];
            _retired.RemoveAll(one => one.Version <= oldest);
        }

        foreach (var path in gone)
        {
            try
            {
                File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The next time, or at the next start.
                lock (_gate)
                {
                    _retired.Add((path, 0));
                }
            }
        }
    }

    private string GonePath => Path.Combine(Folder.Root, "gone.json");

    /// <summary>The names of files that are gone though no other says so.</summary>
    private IReadOnlyList<string> ReadGone()
    {
        try
        {
            return File.Exists(GonePath) ? JsonSerializer.Deserialize(File.ReadAllBytes(GonePath), HistoryJson.Default.IReadOnlyListString)! : [];
        }
        catch (JsonException e)
        {
            throw new IOException($"The list of files that are gone, {GonePath}, cannot be read: {e.Message}", e);
        }
    }

    private void WriteGone(IReadOnlyList<string> names)
    {
        var temporary = Folder.Temporary(".json");
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(names, HistoryJson.Default.IReadOnlyListString));
        Folder.Commit([(temporary, GonePath)]);
    }

    private void Load()
    {
        var found = Folder.Files().ToList();
        var facts = new Dictionary<string, RowFacts>(StringComparer.Ordinal);
        using var connection = HistoryDatabase.Open("threads=1");
        foreach (var some in found.Chunk(FilesAtOnce))
        {
            Learn(connection, [.. some.Select(file => file.Path)], facts);
        }

        Strangers = [.. found.Select(file => file.Path).Where(path => !facts.ContainsKey(path))];
        var replaced = facts.Values.SelectMany(one => one.Replaces).Concat(ReadGone()).ToHashSet(StringComparer.Ordinal);
        foreach (var (path, view, date) in found)
        {
            if (replaced.Contains(Path.GetFileName(path)))
            {
                // The process died between the new file and the end of the old.
                File.Delete(path);
            }
            else if (facts.TryGetValue(path, out var known))
            {
                _files = _files.SetItem(view, _files.GetValueOrDefault(view, []).Add(new HistoryFile(path, view, date, new FileInfo(path).Length, known)));
            }
        }

        if (ReadGone().Count > 0)
        {
            WriteGone([]);
        }
    }

    private static void Learn(DuckDBConnection connection, string[] paths, Dictionary<string, RowFacts> facts)
    {
        try
        {
            var rows = connection.Query(
                $"SELECT file_name, decode(value) FROM parquet_kv_metadata({Sql.List(paths)}) WHERE decode(key) = {Sql.Text(HistoryDatabase.FactsKey)}",
                row => (Path: row.GetString(0), Json: row.GetString(1)));
            foreach (var (path, json) in rows)
            {
                facts[path] = JsonSerializer.Deserialize(json, HistoryJson.Default.RowFacts)!;
            }
        }
        catch (Exception e) when (e is DuckDBException or JsonException)
        {
            // One of them is no file of history: which one is found by asking for each.
            for (var i = 0; paths.Length > 1 && i < paths.Length; i++)
            {
                Learn(connection, [paths[i]], facts);
            }
        }
    }

    /// <summary>Files as they were at one moment, which stay as long as it is held.</summary>
    public sealed class Lease : IDisposable
    {
        private readonly HistoryCatalog _catalog;

        internal Lease(HistoryCatalog catalog, ImmutableSortedDictionary<string, ImmutableList<HistoryFile>> files, long version) =>
            (_catalog, Files, Version) = (catalog, files, version);

        /// <summary>The files by view.</summary>
        public ImmutableSortedDictionary<string, ImmutableList<HistoryFile>> Files { get; }

        internal long Version { get; }

        public void Dispose() => _catalog.Return(this);
    }
}
