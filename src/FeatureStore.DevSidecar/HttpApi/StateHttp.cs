using System.Buffers;
using System.Text.Json;
using FeatureStore.DevSidecar.Json;
using FeatureStore.DevSidecar.PubSub;
using FeatureStore.DevSidecar.State;
using Microsoft.AspNetCore.Http;

namespace FeatureStore.DevSidecar.HttpApi;

/// <summary>The state API over HTTP.</summary>
internal sealed class StateHttp(StateApi state, SidecarOptions options)
{
    private const string Malformed = "ERR_MALFORMED_REQUEST";

    public async Task GetAsync(HttpContext context, string storeName, string key)
    {
        var store = state.Find(storeName);
        var read = await state.GetAsync(store, key, context.RequestAborted);
        if (!read.Found || (read.Value.IsEmpty && !store.Store.TellsEmptyFromNone))
        {
            context.Response.StatusCode = 204;
            return;
        }

        if (read.ETag is { Length: > 0 } etag)
        {
            context.Response.Headers.ETag = etag;
        }

        if (read.ExpiresAt is { } at)
        {
            context.Response.Headers["Metadata.ttlexpiretime"] = CloudEventEnvelope.Rfc3339(at);
        }

        await HttpReply.JsonAsync(context, 200, read.Value);
    }

    public async Task SaveAsync(HttpContext context, string storeName)
    {
        var store = state.Find(storeName);
        if (await RequestBody.ReadAsync(context, options.MaxBodySize) is not { } body)
        {
            await HttpReply.ErrorAsync(context, 400, Malformed, RequestBody.TooLarge);
            return;
        }

        StateWrite[] items;
        try
        {
            items = SaveRequest.Read(body, QueryMetadata.Read(context), store.Store.EscapesHtml);
        }
        catch (NumberBeyondFloat64Exception exception)
        {
            await HttpReply.ErrorAsync(
                context, 400, Malformed, $"json: cannot unmarshal number {exception.Number} into Go struct field SetRequest.value of type float64");
            return;
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            await HttpReply.ErrorAsync(context, 400, Malformed, GoJsonError.Text(exception, body));
            return;
        }
        catch (StateStoreException exception)
        {
            throw StateErrors.Save(store.Name, exception);
        }

        await state.SaveAsync(store, items, context.RequestAborted);
        context.Response.StatusCode = 204;
    }

    public async Task DeleteAsync(HttpContext context, string storeName, string key)
    {
        var etag = context.Request.Headers.IfMatch.ToString();
        var firstWrite = context.Request.Query["concurrency"] == "first-write";
        await state.DeleteAsync(
            state.Find(storeName), [new StateDelete(key, etag.Length == 0 ? null : etag, firstWrite)], bulk: false, context.RequestAborted);
        context.Response.StatusCode = 204;
    }

    public async Task GetBulkAsync(HttpContext context, string storeName)
    {
        var store = state.Find(storeName);
        if (await RequestBody.ReadAsync(context, options.MaxBodySize) is not { } body)
        {
            await HttpReply.ErrorAsync(context, 400, Malformed, "failed deserializing HTTP body: " + RequestBody.TooLarge);
            return;
        }

        List<string> keys;
        int parallelism;
        try
        {
            (keys, parallelism) = ReadBulk(body);
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            await HttpReply.ErrorAsync(context, 400, Malformed, "failed deserializing HTTP body: " + GoJsonError.Text(exception, body));
            return;
        }

        var reads = await state.GetManyAsync(store, keys, parallelism, context.RequestAborted);
        await HttpReply.JsonAsync(context, 200, WriteBulk(keys, reads));
    }

    private static (List<string> Keys, int Parallelism) ReadBulk(byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        var keys = new List<string>();
        if (root.ValueKind is JsonValueKind.Object && root.TryGetProperty("keys", out var given) && given.ValueKind is not JsonValueKind.Null)
        {
            if (given.ValueKind is not JsonValueKind.Array)
            {
                throw new FormatException(
                    $"json: cannot unmarshal {given.ValueKind.ToString().ToLowerInvariant()} into Go struct field BulkGetRequest.keys of type []string");
            }

            keys.AddRange(given.EnumerateArray().Select(k => k.GetString() ?? ""));
        }

        var parallelism = root.ValueKind is JsonValueKind.Object
            && root.TryGetProperty("parallelism", out var asked) && asked.TryGetInt32(out var value) ? value : 0;
        return (keys, parallelism);
    }

    /// <summary>One value that is not JSON leaves the whole body empty, as recorded.</summary>
    private static ReadOnlyMemory<byte> WriteBulk(List<string> keys, IReadOnlyList<StateRead> reads)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new GoJsonWriter(output) { SortMembers = false };
        writer.Raw("["u8);
        for (var i = 0; i < reads.Count; i++)
        {
            var read = reads[i];
            writer.Raw(i == 0 ? "{\"key\":"u8 : ",{\"key\":"u8);
            writer.String(read.Index < 0 ? "" : keys[read.Index]);
            if (read.Error is { } error)
            {
                writer.Raw(",\"error\":"u8);
                writer.String(error);
            }
            else if (read.Found)
            {
                try
                {
                    using var value = JsonDocument.Parse(read.Value);
                    writer.Raw(",\"data\":"u8);
                    writer.Value(value.RootElement);
                }
                catch (JsonException)
                {
                    return default;
                }

                writer.Raw(",\"etag\":"u8);
                writer.String(read.ETag!);
                if (read.ExpiresAt is { } at)
                {
                    writer.Raw(",\"metadata\":{\"ttlExpireTime\":"u8);
                    writer.String(CloudEventEnvelope.Rfc3339(at));
                    writer.Raw("}"u8);
                }
            }

            writer.Raw("}"u8);
        }

        writer.Raw("]\n"u8);
        return output.WrittenMemory;
    }
}
