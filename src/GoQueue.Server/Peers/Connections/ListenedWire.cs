using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace GoQueue.Server.Peers.Connections;

/// <summary>
/// A connection that Kestrel's socket transport accepted. Kestrel reads it into its pipe; what is sent goes to the socket itself, because the
/// pipe would copy every byte of a fetch response once more. Nothing is ever written to the pipe's other direction.
/// </summary>
internal sealed class ListenedWire(ConnectionContext connection, Socket socket) : PeerWire(connection.RemoteEndPoint?.ToString() ?? "?")
{
    private readonly PipeReader input = connection.Transport.Input;

    public static PeerWire Of(ConnectionContext connection) =>
        new ListenedWire(connection, connection.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket);

    public override async ValueTask<int> ReceiveAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        ReadResult read = await input.ReadAsync(cancellationToken);
        int count = (int)Math.Min(read.Buffer.Length, destination.Length);
        ReadOnlySequence<byte> taken = read.Buffer.Slice(0, count);
        taken.CopyTo(destination.Span);
        input.AdvanceTo(taken.End);
        return count;
    }

    public override ValueTask SendAsync(List<ArraySegment<byte>> parts) => SocketSending.SendAllAsync(socket, parts);

    public override void Abort() => connection.Abort(new ConnectionAbortedException("the peer connection was ended"));

    public override ValueTask DisposeAsync() => connection.DisposeAsync();
}
