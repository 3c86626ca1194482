using System.Net.Security;

namespace GoQueue.Server.Peers.Connections;

/// <summary>TLS over another wire. What is sent is copied once, by the encryption.</summary>
internal sealed class StreamWire(SslStream stream, PeerWire inner) : PeerWire(inner.Remote)
{
    public override ValueTask<int> ReceiveAsync(Memory<byte> destination, CancellationToken cancellationToken) => stream.ReadAsync(destination, cancellationToken);

    public override async ValueTask SendAsync(List<ArraySegment<byte>> parts)
    {
        foreach (ArraySegment<byte> part in parts)
        {
            await stream.WriteAsync(part);
        }

        parts.Clear();
    }

    public override void Abort() => inner.Abort();

    public override async ValueTask DisposeAsync()
    {
        inner.Abort();
        await stream.DisposeAsync();
        await inner.DisposeAsync();
    }
}

/// <summary>A wire as the stream that TLS wants below it.</summary>
internal sealed class WireStream(PeerWire wire) : Stream
{
    private readonly List<ArraySegment<byte>> parts = new(1);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.IsEmpty ? ValueTask.FromResult(0) : wire.ReceiveAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return;
        }

        parts.Clear();
        parts.Add(PeerWire.Segment(buffer));
        await wire.SendAsync(parts);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("peer connections are asynchronous");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("peer connections are asynchronous");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
