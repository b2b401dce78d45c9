namespace FeatureStore.Cli.Ingest;

/// <summary>Opens the reader that fits a file.</summary>
internal static class RowReaders
{
    public static async Task<IRowReader> OpenAsync(InputFile file, RowMapping mapping, CancellationToken cancellation)
    {
        var stream = file.Open();
        try
        {
            if (file.Format == InputFormat.Csv)
            {
                return await CsvRowReader.OpenAsync(file.Name, stream, mapping, cancellation);
            }

            IJsonRecords records = file.Format == InputFormat.Ndjson
                ? new NdjsonLines(file.Name, stream)
                : new JsonArrayElements(file.Name, stream);
            return new JsonRowReader(file.Name, records, mapping);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }
}
