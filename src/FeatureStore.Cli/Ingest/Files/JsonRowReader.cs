using System.Text.Json;

namespace FeatureStore.Cli.Ingest;

/// <summary>Reads rows from JSON objects: flat records when the id's columns are named, else rows on the wire.</summary>
internal sealed class JsonRowReader : IRowReader
{
    private const int SampledRows = 1000;
    private const int MostNames = 200;

    private readonly string _file;
    private readonly IJsonRecords _records;
    private readonly RowMapping _mapping;
    private readonly List<(string Option, string Column)> _notSeen = [];
    private readonly HashSet<string> _names = [];
    private FlatRecordMapper? _flat;
    private WireRowMapper? _wire;
    private int _sampled;

    public JsonRowReader(string file, IJsonRecords records, RowMapping mapping)
    {
        _file = file;
        _records = records;
        _mapping = mapping;
        if (mapping.Id.Count == 0)
        {
            _wire = new WireRowMapper(mapping);
        }
        else if (!mapping.IdIsDeclared)
        {
            ReadFlat();
        }
    }

    public long BytesRead => _records.BytesRead;

    public IReadOnlyList<SourceColumn>? Columns => null;

    public async ValueTask<RowResult?> ReadAsync(CancellationToken cancellation)
    {
        if (await _records.ReadAsync(cancellation) is not { } record)
        {
            EndSample();
            return null;
        }

        if (record.Fault is { } fault)
        {
            return RowResult.Rejected(record.Line, fault);
        }

        try
        {
            Decide(record);
            var result = _flat?.Map(record) ?? _wire!.Map(record);
            if (_flat is not null && _sampled < SampledRows)
            {
                Sample();
            }

            return result;
        }
        catch (JsonException e)
        {
            return RowResult.Rejected(record.Line, $"It is not valid JSON: {JsonFault.Reason(e)}");
        }
        catch (InvalidOperationException)
        {
            // What the JSON reader throws for text that is no Unicode.
            return RowResult.Rejected(record.Line, "It has a string that is not valid UTF-8 or has half of a surrogate pair.");
        }
    }

    public ValueTask DisposeAsync()
    {
        _flat?.Dispose();
        return _records.DisposeAsync();
    }

    /// <summary>Where the command line names no id, the first record tells whether it is a row on the wire.</summary>
    private void Decide(JsonRecord record)
    {
        if (_flat is not null || _wire is not null)
        {
            return;
        }

        if (WireRowMapper.IsRow(record.Json.Span))
        {
            _wire = new WireRowMapper(_mapping);
            if (_mapping.NamedColumns().FirstOrDefault(named => named.Option is "--time" or "--created" or "--column") is { Option: { } option })
            {
                throw new UsageException($"{_file}: {option} names a column of flat records, and these are rows on the wire.");
            }
        }
        else
        {
            ReadFlat();
        }
    }

    private void ReadFlat()
    {
        _flat = new FlatRecordMapper(_mapping);
        // --text is about the cells of CSV; JSON says itself what is a string.
        _notSeen.AddRange(_mapping.NamedColumns().Where(named => named.Option != "--text"));
    }

    private void Sample()
    {
        if (_flat!.Names.Count > 0)
        {
            _notSeen.RemoveAll(wanted => _flat.Names.Contains(wanted.Column));
            if (_names.Count < MostNames)
            {
                _names.UnionWith(_flat.Names);
            }

            if (++_sampled == SampledRows)
            {
                EndSample();
            }
        }
    }

    /// <summary>A name that no record has is a mistake in the command, not in the records.</summary>
    private void EndSample()
    {
        if (_names.Count > 0 && _notSeen.Count > 0)
        {
            throw new UsageException(string.Join('\n', _notSeen.Select(wanted =>
                $"{_file}: {wanted.Option}: no record has \"{wanted.Column}\". {ColumnHint.Of(wanted.Column, _names)}")));
        }

        _sampled = SampledRows;
    }
}
