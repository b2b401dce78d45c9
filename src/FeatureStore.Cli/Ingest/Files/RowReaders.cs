namespace FeatureStore.Cli.Ingest;

/// <summary>Opens the reader that fits a file.</summary>
internal static class RowReaders
{
    public static async Task<IRowReader> OpenAsync(InputFile file, RowMapping mapping, CancellationToken cancellation)
    {
        if (file.Format == InputFormat.Parquet)
        {
            // Its end says what is where, so it cannot be read as it comes in.
            await file.SpoolAsync(cancellation);
            return Columns(file, ParquetBatches.Open(file.Name, file.LocalPath!, file.LengthBytes ?? 0), mapping);
        }

        var stream = file.Open();
        try
        {
            return file.Format switch
            {
                InputFormat.Csv => await CsvRowReader.OpenAsync(file.Name, stream, mapping, cancellation),
                InputFormat.Ndjson => new JsonRowReader(file.Name, new NdjsonLines(file.Name, stream), mapping),
                InputFormat.JsonArray => new JsonRowReader(file.Name, new JsonArrayElements(file.Name, stream), mapping),
                InputFormat.Ids => new IdRowReader(file.Name, stream, mapping),
                _ => Columns(file, await ArrowBatches.OpenAsync(file.Name, stream, cancellation), mapping),
            };
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private static ColumnRowReader Columns(InputFile file, IColumnBatches batches, RowMapping mapping) => new(file.Name, batches, mapping);
}
