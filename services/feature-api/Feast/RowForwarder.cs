using System.Buffers;
using System.Net;
using System.Text.Json;
using FeatureStore.Dapr;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Feast;

/// <summary>Passes rows on to feature-ingest, once all of them are known to be valid.</summary>
internal sealed class RowForwarder(ServiceInvoker invoker, SidecarOptions sidecar, FeastOptions options, Lateness lateness, TimeProvider time)
{
    /// <summary>Checks every row as feature-ingest would, so that a request which is refused stores none of them.</summary>
    public void Check(IReadOnlyList<ViewRows> views, AppliedRegistry applied, FeastRefusal refusal)
    {
        var now = time.GetUtcNow();
        var context = new RowContext(Timestamp.From(now + options.MaxAhead)) { Registry = applied.Registry };
        var line = new ArrayBufferWriter<byte>(1024);
        var faults = new List<Fault>();
        foreach (var (rows, row) in All(views))
        {
            if (refusal.IsFull)
            {
                return;
            }

            var hasKeys = rows.Check(row, refusal);
            line.ResetWrittenCount();
            rows.Write(row, line);
            faults.Clear();
            var read = RowReader.Read(line.WrittenMemory, context, faults);
            if (read is not null && IsTooLarge(read, line.WrittenCount, Timestamp.From(now)))
            {
                faults.Add(Fault.TooLarge($"The row is larger than {Math.Min(StoredRowCodec.MaxDocumentBytes, options.MaxRowBytes)} bytes."));
            }

            foreach (var fault in faults)
            {
                // That the written row lacks them is no news.
                if (hasKeys || !rows.IsOfKeys(fault))
                {
                    Refuse(rows, row, fault.Detail, fault.Member, refusal);
                }
            }
        }
    }

    /// <summary>Sends rows that were checked, in as many calls as their size takes.</summary>
    /// <exception cref="InvocationException">Not all are known to be stored: send all again.</exception>
    public async Task SendAsync(IReadOnlyList<ViewRows> views, FeastRefusal refusal, CancellationToken cancellationToken)
    {
        var batch = new ArrayBufferWriter<byte>(64 * 1024);
        var places = new List<(ViewRows Rows, int Row)>();
        var line = new ArrayBufferWriter<byte>(1024);
        foreach (var (rows, row) in All(views))
        {
            line.ResetWrittenCount();
            rows.Write(row, line);
            if (places.Count > 0 && batch.WrittenCount + line.WrittenCount > sidecar.MaxMessageBytes)
            {
                await SendAsync(batch.WrittenMemory, places, refusal, cancellationToken);
                batch.ResetWrittenCount();
                places.Clear();
            }

            batch.Write(line.WrittenSpan);
            places.Add((rows, row));
        }

        if (places.Count > 0)
        {
            await SendAsync(batch.WrittenMemory, places, refusal, cancellationToken);
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> lines, List<(ViewRows Rows, int Row)> places, FeastRefusal refusal, CancellationToken cancellationToken)
    {
        var reply = await invoker.PostAsync(options.IngestAppId, "features", lines, "application/x-ndjson", cancellationToken);
        using var json = Parse(reply.Body);
        if (reply.Status == HttpStatusCode.UnprocessableEntity && json is { RootElement.ValueKind: JsonValueKind.Object }
            && json.RootElement.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array && errors.GetArrayLength() > 0)
        {
            foreach (var error in errors.EnumerateArray())
            {
                var (rows, row) = places[Math.Clamp(error.GetProperty("line").GetInt32(), 1, places.Count) - 1];
                var member = error.TryGetProperty("member", out var name) ? name.GetString() : null;
                Refuse(rows, row, $"{error.GetProperty("detail").GetString()} Other rows of this request may be stored: feature-ingest alone could tell", member, refusal);
            }

            return;
        }

        // An answer that does not count every row is not feature-ingest's.
        if (reply.Status != HttpStatusCode.OK || Count(json, "applied") + Count(json, "superseded") != places.Count)
        {
            var detail = json is { RootElement.ValueKind: JsonValueKind.Object } && json.RootElement.TryGetProperty("detail", out var text) ? $": {text}" : "";
            throw new InvocationException($"'{options.IngestAppId}' did not take the rows. It answered {(int)reply.Status}{detail}");
        }
    }

    /// <summary>Whether nothing could be stored of the row even where there is nothing of its entity yet.</summary>
    private bool IsTooLarge(IncomingRow row, int bytes, Timestamp now) => bytes > options.MaxRowBytes
        || (bytes > StoredRowCodec.MaxDocumentBytes / 2
            && StoredRowCodec.Encode(StoredRow.Of(row, row.FixStamp(now, null), now, lateness), now, now).Length > StoredRowCodec.MaxDocumentBytes);

    private static void Refuse(ViewRows rows, int row, string detail, string? member, FeastRefusal refusal)
    {
        if (rows.ColumnOf(member) is { } column)
        {
            refusal.Add("value_error", detail, rows.Given(column, row), "df", column, row);
        }
        else
        {
            refusal.Add("value_error", $"Row {row}: {detail}", null, "df");
        }
    }

    private static IEnumerable<(ViewRows Rows, int Row)> All(IReadOnlyList<ViewRows> views) =>
        views.SelectMany(rows => Enumerable.Range(0, rows.Count).Select(row => (rows, row)));

    private static long Count(JsonDocument? json, string name) =>
        json is { RootElement.ValueKind: JsonValueKind.Object } && json.RootElement.TryGetProperty(name, out var count) && count.TryGetInt64(out var number) ? number : -1;

    private static JsonDocument? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
