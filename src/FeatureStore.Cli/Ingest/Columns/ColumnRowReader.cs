using Apache.Arrow;
using FeatureStore.Model;

namespace FeatureStore.Cli.Ingest;

/// <summary>Makes rows of typed columns. A row's line is its number in the file.</summary>
internal sealed class ColumnRowReader : IRowReader
{
    private readonly IColumnBatches _batches;
    private readonly ColumnMap _map;
    private readonly RowMapping _mapping;
    private readonly RowBuilder _row = new();
    private readonly ArrowValueWriter _writer;
    private readonly string?[] _keys;
    private readonly FeatureType?[] _declared;
    private RecordBatch? _batch;
    private IArrowArray[] _keyArrays = [];
    private IArrowArray[] _featureArrays = [];
    private IArrowArray? _timeArray;
    private IArrowArray? _createdArray;
    private long _number;
    private int _at;
    private bool _isSelected;

    /// <summary>Checks the columns.</summary>
    /// <exception cref="UsageException">They are not what the command line says.</exception>
    public ColumnRowReader(string file, IColumnBatches batches, RowMapping mapping)
    {
        _batches = batches;
        _mapping = mapping;
        _map = ColumnMap.Check(file, batches.Schema, mapping);
        _writer = new ArrowValueWriter(_row);
        _keys = new string?[mapping.Id.Count];
        _declared = [.. _map.Features.Select(mapping.TypeOf)];
        Columns = [.. batches.Schema.FieldsList.Select(field => new SourceColumn(field.Name, field.DataType))];
    }

    public IReadOnlyList<SourceColumn> Columns { get; }

    public long BytesRead => _batches.BytesRead;

    public ValueTask SkipAsync(long rows, CancellationToken cancellation)
    {
        Select(rows);
        return ValueTask.CompletedTask;
    }

    public async ValueTask<RowResult?> ReadAsync(CancellationToken cancellation)
    {
        if (!_isSelected)
        {
            Select(0);
        }

        while (_batch is null || _at == _batch.Length)
        {
            _batch?.Dispose();
            _batch = null;
            if (await _batches.ReadAsync(cancellation) is not { } next)
            {
                return null;
            }

            (_batch, _at) = (next.Rows, next.From);
            Bind(_batch);
        }

        _number++;
        return Map(_at++);
    }

    public ValueTask DisposeAsync()
    {
        _batch?.Dispose();
        _row.Dispose();
        return _batches.DisposeAsync();
    }

    private void Select(long skip)
    {
        _batches.Select(_map.Needed, skip);
        (_isSelected, _number) = (true, skip);
    }

    private void Bind(RecordBatch batch)
    {
        _keyArrays = [.. _map.Keys.Select(Array)];
        _featureArrays = [.. _map.Features.Select(Array)];
        _timeArray = _map.Time is { } time ? Array(time) : null;
        _createdArray = _map.Created is { } created ? Array(created) : null;

        IArrowArray Array(string column) => batch.Column(batch.Schema.GetFieldIndex(column));
    }

    private RowResult Map(int index)
    {
        for (var i = 0; i < _keys.Length; i++)
        {
            _keys[i] = _keyArrays[i].IsNull(index) ? "" : ArrowTypes.KeyText(_keyArrays[i], index);
            if (string.IsNullOrEmpty(_keys[i]))
            {
                return RowResult.Rejected(_number, $"Column {_map.Keys[i]}, the id, is {(_keys[i] is null ? "no whole number" : "empty")}.");
            }
        }

        if (!TryTime(_timeArray, _map.Time, index, required: true, out var time, out var fault)
            || !TryTime(_createdArray, _map.Created, index, required: false, out var created, out fault))
        {
            return RowResult.Rejected(_number, fault!);
        }

        _row.Begin(_mapping, _keys, time, created);
        for (var i = 0; i < _featureArrays.Length; i++)
        {
            _writer.Begin();
            _row.Name(_map.Features[i]);
            _writer.Write(_featureArrays[i], index, _declared[i]);
            if (_writer.Fault is { } reason)
            {
                return RowResult.Rejected(_number, $"Column {_map.Features[i]}: {reason}.");
            }
        }

        return new RowResult(_number, _row.End(), _row.IsStamped, null, _row.NotNumbers);
    }

    private bool TryTime(IArrowArray? array, string? column, int index, bool required, out string? time, out string? fault)
    {
        (time, fault) = (null, null);
        while (array is DictionaryArray dictionary && !array.IsNull(index))
        {
            (array, index) = (dictionary.Dictionary, ArrowTypes.IndexOf(dictionary, index));
        }

        var isEmpty = array is null || array.IsNull(index);
        if (!isEmpty && array is not (TimestampArray or Date32Array or Date64Array))
        {
            var text = ArrowTypes.KeyText(array!, index) ?? "";
            isEmpty = text.Length == 0;
            time = isEmpty ? null : _mapping.Times.Map(text);
            fault = time is null && !isEmpty ? EventTimes.Fault(column!, text) : null;
        }
        else if (!isEmpty)
        {
            time = ArrowTimes.Microseconds(array!, index) is { } instant ? _mapping.Times.Map(instant) : null;
            fault = time is null ? $"Column {column}: the time is not within the years 1 to 9999." : null;
        }

        if (isEmpty && required && column is not null)
        {
            fault = $"Column {column}, the event time, is empty.";
        }

        return fault is null;
    }
}
