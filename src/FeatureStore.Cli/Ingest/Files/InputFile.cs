namespace FeatureStore.Cli.Ingest;

/// <summary>A file that rows are read from, or standard input.</summary>
internal sealed class InputFile : IAsyncDisposable
{
    private const int BufferBytes = 1 << 16;

    private const string Formats = "csv, ndjson, json, parquet or arrow";

    private readonly Func<Stream> _open;
    private FileStream? _spool;

    private InputFile(string name, InputFormat format, bool reopens, Func<Stream> open)
    {
        Name = name;
        Format = format;
        Reopens = reopens;
        _open = open;
    }

    /// <summary>The name that messages show.</summary>
    public string Name { get; }

    public InputFormat Format { get; }

    /// <summary>Whether it can be read from its beginning more than once.</summary>
    public bool Reopens { get; private set; }

    /// <summary>Its length, where that is known before it is read.</summary>
    public long? LengthBytes { get; private set; }

    /// <summary>When it was written last, where that is known.</summary>
    public DateTimeOffset? Modified { get; private init; }

    /// <summary>Where its content lies on disk, where it does.</summary>
    public string? LocalPath { get; private set; }

    /// <summary>Checks that the file is there and what is in it.</summary>
    /// <param name="path">The file; - for standard input.</param>
    /// <param name="format">The format, where the name does not tell.</param>
    /// <param name="ids">Whether text files are ids, one a line.</param>
    /// <param name="console">Where standard input is.</param>
    public static InputFile Of(string path, string? format, bool ids, CliConsole console)
    {
        if (path == "-")
        {
            return new InputFile("standard input", FormatOf(path, format, ids), reopens: false, console.OpenInput);
        }

        var read = FormatOf(path, format, ids);
        try
        {
            var stream = Open(path);
            if (!stream.CanSeek)
            {
                // A pipe: to close it and open it again would end it for its writer.
                return new InputFile(path, read, reopens: false, () => stream);
            }

            using (stream)
            {
                return new InputFile(path, read, reopens: true, () => Open(path))
                {
                    LengthBytes = stream.Length,
                    Modified = File.GetLastWriteTimeUtc(stream.SafeFileHandle),
                    LocalPath = path,
                };
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path} cannot be read: {e.Message}");
        }
    }

    /// <summary>Keeps a copy of what can be read only once, so that it can be read twice.</summary>
    public async Task SpoolAsync(CancellationToken cancellation)
    {
        if (Reopens)
        {
            return;
        }

        _spool = new FileStream(
            System.IO.Path.Combine(System.IO.Path.GetTempPath(), System.IO.Path.GetRandomFileName()),
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Share = FileShare.Read | FileShare.Delete,
                Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
            });
        await using (var source = _open())
        {
            // A read from a terminal does not heed the cancellation.
            await source.CopyToAsync(_spool, cancellation).WaitAsync(cancellation);
        }

        await _spool.FlushAsync(cancellation);
        LengthBytes = _spool.Length;
        LocalPath = _spool.Name;
        Reopens = true;
    }

    /// <summary>The content from its beginning.</summary>
    public Stream Open()
    {
        if (_spool is null)
        {
            return _open();
        }

        // The spool is deleted when it is closed, so readers share it, one after another.
        _spool.Position = 0;
        return new BorrowedStream(_spool);
    }

    public async ValueTask DisposeAsync()
    {
        if (_spool is not null)
        {
            await _spool.DisposeAsync();
        }
    }

    private static FileStream Open(string path) => new(
        path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, BufferBytes, FileOptions.Asynchronous | FileOptions.SequentialScan);

    private static InputFormat FormatOf(string path, string? format, bool ids) => (format, System.IO.Path.GetExtension(path).ToLowerInvariant()) switch
    {
        ("csv", _) or (null, ".csv") => InputFormat.Csv,
        ("ndjson", _) or (null, ".ndjson" or ".jsonl") => InputFormat.Ndjson,
        ("json", _) or (null, ".json") => InputFormat.JsonArray,
        ("parquet", _) or (null, ".parquet") => InputFormat.Parquet,
        ("arrow", _) or (null, ".arrow" or ".arrows" or ".feather" or ".ipc") => InputFormat.Arrow,
        ("txt", _) or (null, ".txt") when ids => InputFormat.Ids,
        _ when path == "-" => throw new UsageException($"Standard input has no name that tells its format: give --format {Expected(ids)}."),
        _ => throw new UsageException($"{path}: its name does not tell its format: give --format {Expected(ids)}."),
    };

    private static string Expected(bool ids) => ids ? $"txt, {Formats}" : Formats;
}
