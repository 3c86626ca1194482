using System.Buffers;

namespace GoQueue.Core.Records.Compression;

/// <summary>Pooled output of a decompressor. Disposing twice is fine: a reader and the enumerator over it both do.</summary>
internal sealed class InflatedRecords(byte[] array, int length) : IDisposable
{
    private byte[]? array = array;

    public bool IsDisposed => array is null;

    public ReadOnlySpan<byte> Span => array.AsSpan(0, length);

    public void Dispose()
    {
        byte[]? returned = Interlocked.Exchange(ref array, null);
        if (returned is not null)
        {
            ArrayPool<byte>.Shared.Return(returned);
        }
    }
}
