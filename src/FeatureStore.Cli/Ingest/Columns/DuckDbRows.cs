using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.C;
using DuckDB.NET.Native;
using static DuckDB.NET.Native.NativeMethods;

namespace FeatureStore.Cli.Ingest;

/// <summary>The rows of one query in a DuckDB of its own, streamed: what is not yet asked for is not yet read.</summary>
internal sealed unsafe class DuckDbRows : IDisposable
{
    private readonly DuckDBDatabase _database;
    private readonly DuckDBNativeConnection _connection;
    private readonly DuckDBPreparedStatement _statement;
    private readonly DuckDBArrowOptions _arrow;
    private DuckDBResult _result;

    private DuckDbRows(string sql)
    {
        Configuration.DuckDBCreateConfig(out var configuration);
        using (configuration)
        {
            // One thread reads in the order of the file and holds one row group; nothing is fetched from anywhere.
            Set(configuration, "threads", "1");
            Set(configuration, "autoinstall_known_extensions", "false");
            Set(configuration, "autoload_known_extensions", "false");
            Check(Startup.DuckDBOpen(":memory:", out _database, configuration, out var fault), () => fault);
        }

        Check(Startup.DuckDBConnect(_database, out _connection), () => "it does not start");
        Check(PreparedStatements.DuckDBPrepare(_connection, sql, out _statement), () => PreparedStatements.DuckDBPrepareError(_statement!));
        Check(PreparedStatements.DuckDBExecutePreparedStreaming(_statement, out _result), () => Query.DuckDBResultError(ref _result));
        _arrow = NativeMethods.Arrow.DuckDBResultGetArrowOptions(ref _result);
        Schema = ReadSchema();
    }

    public Schema Schema { get; }

    /// <summary>Runs a query up to its first rows.</summary>
    /// <exception cref="DuckDbException">It cannot be run.</exception>
    public static DuckDbRows Of(string sql)
    {
        try
        {
            return new DuckDbRows(sql);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or TypeInitializationException)
        {
            throw new DuckDbException($"DuckDB has no library for {RuntimeInformation.RuntimeIdentifier}.");
        }
    }

    /// <summary>Text as a literal of SQL.</summary>
    public static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A name as SQL takes it.</summary>
    public static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>The next rows, or null at the end.</summary>
    /// <exception cref="DuckDbException">They cannot be read.</exception>
    public RecordBatch? Read()
    {
        using var chunk = StreamingResult.DuckDBStreamFetchChunk(_result);
        if (chunk.IsInvalid || DataChunks.DuckDBDataChunkGetSize(chunk) == 0)
        {
            return Query.DuckDBResultError(ref _result) is { Length: > 0 } fault ? throw new DuckDbException(fault) : null;
        }

        var array = CArrowArray.Create();
        try
        {
            using var fault = NativeMethods.Arrow.DuckDBDataChunkToArrow(_arrow, chunk, (nint)array);
            Check(fault);
            return CArrowArrayImporter.ImportRecordBatch(array, Schema);
        }
        finally
        {
            CArrowArray.Free(array);
        }
    }

    public void Dispose()
    {
        _arrow?.Dispose();
        Query.DuckDBDestroyResult(ref _result);
        _statement?.Dispose();
        _connection?.Dispose();
        _database?.Dispose();
    }

    private Schema ReadSchema()
    {
        var count = (int)Query.DuckDBColumnCount(ref _result);
        var types = new DuckDBLogicalType[count];
        var (typeHandles, names) = (new nint[count], new nint[count]);
        var schema = CArrowSchema.Create();
        try
        {
            for (var i = 0; i < count; i++)
            {
                types[i] = Query.DuckDBColumnLogicalType(ref _result, i);
                typeHandles[i] = types[i].DangerousGetHandle();
                names[i] = Marshal.StringToCoTaskMemUTF8(Query.DuckDBColumnName(ref _result, i));
            }

            fixed (nint* typePointers = typeHandles, namePointers = names)
            {
                using var fault = NativeMethods.Arrow.DuckDBToArrowSchema(_arrow, (nint)typePointers, (nint)namePointers, (ulong)count, (nint)schema);
                Check(fault);
            }

            return CArrowSchemaImporter.ImportSchema(schema);
        }
        finally
        {
            CArrowSchema.Free(schema);
            foreach (var name in names)
            {
                Marshal.FreeCoTaskMem(name);
            }

            foreach (var type in types)
            {
                type?.Dispose();
            }
        }
    }

    private void Set(DuckDBConfig configuration, string name, string value) =>
        Check(Configuration.DuckDBSetConfig(configuration, name, value), () => $"it has no setting {name}");

    private void Check(DuckDBState state, Func<string?> fault)
    {
        if (state != DuckDBState.Success)
        {
            var reason = fault() ?? "";
            Dispose();
            throw new DuckDbException(reason);
        }
    }

    private static void Check(DuckDBErrorData fault)
    {
        if (!fault.IsInvalid && ErrorData.DuckDBErrorDataHasError(fault))
        {
            throw new DuckDbException(ErrorData.DuckDBErrorDataMessage(fault));
        }
    }
}
