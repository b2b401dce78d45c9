using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace FeatureStore.Hosting.Bodies;

/// <summary>
/// A body while it is read or written, in memory that is lent by the shared pool: one of many rows is larger than what the heap
/// takes without a full collection.
/// </summary>
/// <param name="capacity">About how much will be written; a buffer that it does not suffice for grows.</param>
public sealed class PooledBuffer(long capacity) : IBufferWriter<byte>, IDisposable
{
    /// <summary>What is taken beforehand at the most: an estimate is no reason to hold much.</summary>
    private const int MostBeforehand = 1024 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(capacity, 256, MostBeforehand));
    private int _written;

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _written);

    public void Advance(int count) => _written += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsSpan(_written);
    }

    /// <summary>Sends what was written as the whole body.</summary>
    public async Task SendAsync(HttpContext context, string contentType)
    {
        context.Response.ContentType = contentType;
        context.Response.ContentLength = _written;
        await context.Response.BodyWriter.WriteAsync(Written, context.RequestAborted);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void Reserve(int sizeHint)
    {
        if (_buffer.Length - _written >= Math.Max(1, sizeHint))
        {
            return;
        }

        var needed = _written + Math.Max(1L, sizeHint);
        var larger = ArrayPool<byte>.Shared.Rent(checked((int)Math.Max(needed, Math.Min(_buffer.Length * 2L, Array.MaxLength))));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
