using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using FeatureStore.FeatureApi.Serving;
using FeatureStore.Model;
using Microsoft.AspNetCore.Http.Features;

namespace FeatureStore.FeatureApi.Resident;

/// <summary>
/// Answers the commonest read, <c>GET /features/{id}?view=…</c> of a row that lies in memory, by copying it: ahead of routing, with
/// nothing allocated. Whatever is out of the ordinary goes the ordinary way, to the same answer.
/// </summary>
internal sealed class HotReads(RowMemory memory, ChangeCurrency currency, SettledViews views, ResidentMetrics metrics, ServingMetrics served, TimeProvider time)
{
    private const string Path = "/features/";
    private const string ViewParameter = "?view=";

    /// <summary>Characters that are written as they are in paths, state keys and JSON.</summary>
    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

    /// <summary>Answers, if it can.</summary>
    /// <returns>Null if the request goes the ordinary way; nothing has been done about it then.</returns>
    public Task? TryAnswer(HttpContext context)
    {
        // Before it is asked whether this replica is current, as in RowSource.
        var generation = currency.Generation;
        if (!HttpMethods.IsGet(context.Request.Method) || !currency.IsCurrent)
        {
            return null;
        }

        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget.AsSpan();
        var mark = target.IndexOf('?');
        if (mark <= Path.Length || !target.StartsWith(Path, StringComparison.Ordinal) || !target[mark..].StartsWith(ViewParameter, StringComparison.Ordinal))
        {
            return null;
        }

        var id = target[Path.Length..mark];
        if (views.Find(target[(mark + ViewParameter.Length)..]) is not { HasTextKey: true } view
            || id is "." or ".." || id.ContainsAnyExcept(Plain) || view.KeyStart.Length + id.Length > StateKey.MaxLength
            || (context.Request.Headers.Accept.Count > 0 && context.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }

        var length = Copy(view, id, generation, context.Response.BodyWriter);
        if (length == 0)
        {
            return null;
        }

        metrics.Read(fromMemory: 1, fromStore: 0);
        ReplyHeaders.Write(context, view.Applied);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = length;
        context.Response.BodyWriter.Advance(length);
        return Task.CompletedTask;
    }

    /// <summary>Writes the reply, without the output being told of it.</summary>
    /// <returns>Its length; 0 if the row cannot be answered with as it lies there.</returns>
    private int Copy(SettledView view, ReadOnlySpan<char> id, int generation, PipeWriter output)
    {
        Span<byte> key = stackalloc byte[StateKey.MaxLength];
        view.KeyStart.CopyTo(key);
        key = key[..(view.KeyStart.Length + Encoding.UTF8.GetBytes(id, key[view.KeyStart.Length..]))];
        var shard = memory.Shard(key, out var hash);
        var now = Timestamp.From(time.GetUtcNow());
        lock (shard.Gate)
        {
            if (!shard.TryFind(hash, key, out var row) || row.Generation != generation || row.CopyableUntil <= now)
            {
                return 0;
            }

            var features = row.Features;
            if (features.Length <= 2 || !IsServable(ref row, view, features))
            {
                return 0;
            }

            row.WasRead = true;
            served.Served(view.Name, row.EventTimestamp, now);
            return Write(key[view.KeyStart.Length..], features, output);
        }
    }

    /// <summary>Whether every feature of a row is declared. Found out once by each registry.</summary>
    private static bool IsServable(ref ResidentRow row, SettledView view, ReadOnlySpan<byte> features)
    {
        if (row.ServableBy == view.Number)
        {
            return true;
        }

        if (!view.Schema.ServesAll(features))
        {
            return false;
        }

        row.ServableBy = view.Number;
        return true;
    }

    private static int Write(ReadOnlySpan<byte> id, ReadOnlySpan<byte> features, PipeWriter writer)
    {
        var start = "{\"entity_id\":\""u8;
        var middle = "\",\"features\":"u8;
        var length = start.Length + id.Length + middle.Length + features.Length + 1;
        var output = writer.GetSpan(length);
        start.CopyTo(output);
        output = output[start.Length..];
        id.CopyTo(output);
        output = output[id.Length..];
        middle.CopyTo(output);
        output = output[middle.Length..];
        features.CopyTo(output);
        output[features.Length] = (byte)'}';
        return length;
    }
}
