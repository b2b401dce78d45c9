using System.Globalization;
using System.Text.Json;
using FeatureStore.Model;

namespace FeatureStore.Cli.Ingest;

/// <summary>The file in which a run keeps how far it came.</summary>
internal sealed class CheckpointFile
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(500);

    private readonly string _path;
    private readonly TimeProvider _time;
    private Checkpoint _checkpoint;
    private long? _written;

    private CheckpointFile(string path, Checkpoint checkpoint, bool isResumed, TimeProvider time) =>
        (_path, _checkpoint, IsResumed, _time) = (path, checkpoint, isResumed, time);

    /// <summary>Whether an earlier run left it.</summary>
    public bool IsResumed { get; }

    /// <summary>Where to go on.</summary>
    public IngestPosition Position => new(_checkpoint.File, _checkpoint.Row);

    /// <summary>The stamps of rows without their own.</summary>
    public RunStamps Stamps => new(Timestamp.TryParse(_checkpoint.Began, out var began) ? began : default);

    public long? ShiftMicroseconds => _checkpoint.ShiftMicroseconds;

    /// <summary>How many rows lie before a file that is not read again.</summary>
    public long RowsBefore(int file) => _checkpoint.Files.Take(file).Sum(one => one.Rows ?? 0);

    /// <summary>Takes up what an earlier run left, or begins anew.</summary>
    /// <exception cref="UsageException">What is there belongs to another load, or the files have changed since.</exception>
    public static CheckpointFile Open(string path, IReadOnlyList<InputFile> files, IReadOnlyDictionary<string, string> options, TimeProvider time)
    {
        Checkpoint.InputState[] states = [.. files.Select(StateOf)];
        if (!File.Exists(path))
        {
            var began = Timestamp.From(time.GetUtcNow()).ToString();
            var fresh = new Checkpoint { Format = Checkpoint.CurrentFormat, Options = options, Began = began, Files = states };
            return new CheckpointFile(path, fresh, isResumed: false, time);
        }

        var left = Read(path);
        var faults = Differences(left, options, states).ToList();
        return faults.Count == 0 ? new CheckpointFile(path, left, isResumed: true, time) : throw new UsageException(
            $"{path} is the checkpoint of another load:\n{string.Join('\n', faults.Select(fault => $"  - {fault}"))}\n"
            + "Give the command as it was, or delete the checkpoint to load everything from the beginning.");
    }

    /// <summary>Keeps how far times are moved; before the first row is sent.</summary>
    public void Begin(long? shiftMicroseconds)
    {
        _checkpoint = _checkpoint with { ShiftMicroseconds = shiftMicroseconds };
        Write();
    }

    /// <summary>A file was read to its end.</summary>
    public void EndOfFile(int file, long rows) => _checkpoint = _checkpoint with
    {
        Files = [.. _checkpoint.Files.Select((state, i) => i == file ? state with { Rows = rows } : state)],
    };

    /// <summary>Everything before a place is settled. Not every place is written down.</summary>
    public void Advance(IngestPosition? settled, bool isLast = false)
    {
        if (settled is { } position && position != Position)
        {
            _checkpoint = _checkpoint with { File = position.File, Row = position.Row };
            if (isLast || _written is not { } written || _time.GetElapsedTime(written) >= Between)
            {
                Write();
            }
        }
        else if (isLast)
        {
            Write();
        }
    }

    /// <summary>The load is complete.</summary>
    public void Delete() => File.Delete(_path);

    /// <summary>Whatever happens, either the file as it was is there or the new one, whole.</summary>
    private void Write()
    {
        _written = _time.GetTimestamp();
        var next = _path + ".new";
        try
        {
            using (var stream = new FileStream(next, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                JsonSerializer.Serialize(stream, _checkpoint, CheckpointJson.Default.Checkpoint);
                stream.Flush(flushToDisk: true);
            }

            File.Move(next, _path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"The checkpoint {_path} cannot be written: {e.Message}", e);
        }
    }

    private static Checkpoint Read(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            if (JsonSerializer.Deserialize(stream, CheckpointJson.Default.Checkpoint) is { Format: Checkpoint.CurrentFormat } checkpoint)
            {
                return checkpoint;
            }
        }
        catch (JsonException)
        {
            // It is some other file, which must not be written over.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The checkpoint {path} cannot be read: {e.Message}");
        }

        throw new UsageException($"--checkpoint: {path} is there already and is no checkpoint. Name a file that is not there yet.");
    }

    private static Checkpoint.InputState StateOf(InputFile file) => new()
    {
        Name = file.Name,
        Bytes = file.LengthBytes ?? 0,
        Modified = file.Modified?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture) ?? "",
    };

    private static IEnumerable<string> Differences(Checkpoint left, IReadOnlyDictionary<string, string> options, Checkpoint.InputState[] files)
    {
        foreach (var option in left.Options.Keys.Union(options.Keys).Order(StringComparer.Ordinal))
        {
            var (was, now) = (left.Options.GetValueOrDefault(option), options.GetValueOrDefault(option));
            if (was != now)
            {
                yield return $"{option} was {Shown(was)} and is {Shown(now)}.";
            }
        }

        var (names, named) = (left.Files.Select(file => file.Name).ToList(), files.Select(file => file.Name).ToList());
        if (!names.SequenceEqual(named))
        {
            foreach (var name in named.Except(names))
            {
                yield return $"{name} was not among its files.";
            }

            foreach (var name in names.Except(named))
            {
                yield return $"{name} was among its files and is not now.";
            }

            if (names.Count == named.Count && !names.Except(named).Any())
            {
                yield return $"Its files were named in another order: {string.Join(' ', names)}.";
            }

            yield break;
        }

        foreach (var (was, now) in left.Files.Zip(files))
        {
            if (was.Bytes != now.Bytes)
            {
                yield return $"{now.Name} had {was.Bytes} bytes and has {now.Bytes}: it is not what it was.";
            }
            else if (was.Modified != now.Modified)
            {
                yield return $"{now.Name} was written again since ({was.Modified}, now {now.Modified}).";
            }
        }
    }

    private static string Shown(string? option) => option is null ? "not given" : $"\"{option}\"";
}
