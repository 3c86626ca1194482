using GoQueue.Core;
using GoQueue.Server.Peers.Protocol;

namespace GoQueue.Server.Peers.Connections;

/// <summary>Takes what arrives on a connection, one frame at a time in their order.</summary>
internal interface IFrameReceiver
{
    /// <summary>The receiver owns the payload's reference. False when such a frame has no place on this connection, which then ends.</summary>
    bool Receive(PeerConnection connection, in FrameHeader header, SharedBuffer payload);
}
