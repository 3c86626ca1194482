using System.Runtime.InteropServices;

namespace GoQueue.Server.Peers.Connections;

/// <summary>Bytes both ways between two nodes. One reader and one writer at a time; they may be different threads.</summary>
internal abstract class PeerWire(string remote) : IAsyncDisposable
{
    /// <summary>The other end's address, for people.</summary>
    public string Remote { get; } = remote;

    /// <summary>Bytes received, at least one; zero when the other end closed in order. Throws IOException or SocketException when it broke or was aborted.</summary>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>Returns when everything was taken by the operating system. The parts stay untouched until then.</summary>
    public abstract ValueTask SendAsync(List<ArraySegment<byte>> parts);

    /// <summary>Ends it at once: operations under way fail. May be called at any time, more than once.</summary>
    public abstract void Abort();

    public abstract ValueTask DisposeAsync();

    public static ArraySegment<byte> Segment(ReadOnlyMemory<byte> memory) =>
        MemoryMarshal.TryGetArray(memory, out ArraySegment<byte> segment) ? segment : throw new InvalidOperationException("shared buffers are arrays");
}
