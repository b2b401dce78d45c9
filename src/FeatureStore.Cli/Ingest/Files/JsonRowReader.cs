using System.Text.Json;

namespace FeatureStore.Cli.Ingest;

/// <summary>Reads rows from JSON objects: flat records when the id's columns are named, else rows on the wire.</summary>
internal sealed class JsonRowReader : IRowReader
{
    private const int SampledRows = 1000;
    private const int MostNames = 200;

    private readonly string _file;
    private readonly IJsonRecords _records;
    private readonly FlatRecordMapper? _flat;
    private readonly WireRowMapper? _wire;
    private readonly List<(string Option, string Column)> _notSeen = [];
    private readonly HashSet<string> _names = [];
    private int _sampled;

    public JsonRowReader(string file, IJsonRecords records, RowMapping mapping)
    {
        _file = file;
        _records = records;
        if (mapping.Id.Count == 0)
        {
            _wire = new WireRowMapper(mapping);
            _sampled = SampledRows;
            return;
        }

        _flat = new FlatRecordMapper(mapping);
        // --text is about the cells of CSV; JSON says itself what is a string.
        _notSeen.AddRange(mapping.NamedColumns().Where(named => named.Option != "--text"));
    }

    public long BytesRead => _records.BytesRead;

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
            var result = _flat?.Map(record) ?? _wire!.Map(record);
            if (_sampled < SampledRows)
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
