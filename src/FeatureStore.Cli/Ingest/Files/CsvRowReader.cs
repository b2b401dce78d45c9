using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;

namespace FeatureStore.Cli.Ingest;

/// <summary>Reads CSV (RFC 4180) with a header; the columns' types are learnt from the first rows.</summary>
internal sealed class CsvRowReader : IRowReader
{
    private const int SampledRows = 1000;
    private const int MaxCellChars = 8 << 20;

    private readonly string _file;
    private readonly Stream _stream;
    private readonly RowMapping _mapping;
    private readonly StreamReader _text;
    private readonly CsvParser _parser;
    private readonly Queue<Record> _sample = [];
    private readonly RowBuilder _row = new();
    private readonly string?[] _keys;
    private CsvHeader _header = null!;
    private bool _badQuote;

    private CsvRowReader(string file, Stream stream, RowMapping mapping)
    {
        _file = file;
        _stream = stream;
        _mapping = mapping;
        _keys = new string?[mapping.Id.Count];

        // Not detectEncodingFromByteOrderMarks: it would read on with an encoding that replaces what it cannot read.
        _text = new StreamReader(
            stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: false);
        _parser = new CsvParser(_text, new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            HasHeaderRecord = false,
            IgnoreBlankLines = false,
            MaxFieldSize = MaxCellChars,
            BufferSize = 1 << 15,
            BadDataFound = _ => _badQuote = true,
        });
    }

    public long BytesRead => _stream.CanSeek ? _stream.Position : 0;

    public IReadOnlyList<SourceColumn> Columns => [.. _header.Names.Where(name => name.Length > 0).Select(name => new SourceColumn(name, null))];

    /// <summary>Reads the header and the sample, and checks both.</summary>
    public static async Task<CsvRowReader> OpenAsync(string file, Stream stream, RowMapping mapping, CancellationToken cancellation)
    {
        var reader = new CsvRowReader(file, stream, mapping);
        try
        {
            var header = await reader.NextAsync(cancellation) ?? throw new UsageException($"{file} is empty: it needs a header line that names its columns.");
            reader._header = CsvHeader.Check(file, header.Cells, mapping);
            while (reader._sample.Count < SampledRows && await reader.NextAsync(cancellation) is { } record)
            {
                reader._sample.Enqueue(record);
                if (reader.Fault(record) is null)
                {
                    reader._header.Learn(record.Cells);
                }
            }

            reader.CheckTimes();
            return reader;
        }
        catch (FileContentException e)
        {
            throw new UsageException(e.Message);
        }
    }

    public async ValueTask<RowResult?> ReadAsync(CancellationToken cancellation)
    {
        if (!_sample.TryDequeue(out var record))
        {
            if (await NextAsync(cancellation) is not { } next)
            {
                return null;
            }

            record = next;
        }

        return Map(record);
    }

    public async ValueTask DisposeAsync()
    {
        _row.Dispose();
        _parser.Dispose();
        _text.Dispose();
        await _stream.DisposeAsync();
    }

    private RowResult Map(Record record)
    {
        if (Fault(record) is { } fault)
        {
            return RowResult.Rejected(record.Line, fault);
        }

        for (var i = 0; i < _keys.Length; i++)
        {
            _keys[i] = record.Cells[_header.KeyColumns[i]];
            if (_keys[i]!.Length == 0)
            {
                return RowResult.Rejected(record.Line, $"Column {_mapping.Id[i]}, the id, is empty.");
            }
        }

        if (!TryTime(record, _header.Time, required: true, out var time, out fault)
            || !TryTime(record, _header.Created, required: false, out var created, out fault))
        {
            return RowResult.Rejected(record.Line, fault!);
        }

        _row.Begin(_mapping, _keys, time, created);
        _header.WriteFeatures(_row, record.Cells);
        return new RowResult(record.Line, _row.End(), _row.IsStamped, null, _row.NotNumbers);
    }

    private bool TryTime(Record record, int column, bool required, out string? time, out string? fault)
    {
        (time, fault) = (null, null);
        if (column < 0)
        {
            return true;
        }

        var cell = record.Cells[column];
        if (cell.Length == 0)
        {
            fault = required ? $"Column {_header.Names[column]}, the event time, is empty." : null;
            return !required;
        }

        time = _mapping.Times.Map(cell);
        fault = time is null ? EventTimes.Fault(_header.Names[column], cell) : null;
        return time is not null;
    }

    /// <summary>Refuses a file none of whose times can be read, before anything of it is sent.</summary>
    private void CheckTimes()
    {
        foreach (var column in (int[])[_header.Time, _header.Created])
        {
            if (column < 0)
            {
                continue;
            }

            var cells = _sample.Where(r => Fault(r) is null && r.Cells[column].Length > 0).ToList();
            if (cells.Count > 0 && cells.TrueForAll(r => !Model.Timestamp.TryParse(r.Cells[column], out _)))
            {
                throw new UsageException($"{_file}:{cells[0].Line}: {EventTimes.Fault(_header.Names[column], cells[0].Cells[column])}");
            }
        }
    }

    private string? Fault(Record record) =>
        record.BadQuote
            ? $"A quote stands where none may (up to line {record.LastLine}): enclose the cell in quotes and double those within it."
            : record.Cells.Length != _header.Names.Count
                ? $"It has {record.Cells.Length} cells and the header has {_header.Names.Count}."
                : null;

    private async Task<Record?> NextAsync(CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var line = _parser.RawRow + 1;
            try
            {
                if (!await _parser.ReadAsync())
                {
                    return null;
                }

                _badQuote = false;
                var cells = new string[_parser.Count];
                for (var i = 0; i < cells.Length; i++)
                {
                    cells[i] = _parser[i];
                }

                // A blank line is no row.
                if (cells.Length > 1 || (cells.Length == 1 && (cells[0].Length > 0 || _parser.RawRecord.Contains('"'))))
                {
                    return new Record(line, _parser.RawRow, cells, _badQuote);
                }
            }
            catch (DecoderFallbackException)
            {
                throw new FileContentException(_file, line, "The text from here on is not UTF-8. Convert the file, for example with `iconv -f latin1 -t utf-8`.");
            }
            catch (MaxFieldSizeException)
            {
                throw new FileContentException(_file, line, $"A cell is longer than {MaxCellChars >> 20} Mi characters: is a quote not closed? The rest of the file was not read.");
            }
        }
    }

    private readonly record struct Record(long Line, long LastLine, string[] Cells, bool BadQuote);
}
