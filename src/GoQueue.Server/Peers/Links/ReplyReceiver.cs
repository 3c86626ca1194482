using GoQueue.Core;
using GoQueue.Server.Peers.Connections;
using GoQueue.Server.Peers.Protocol;

namespace GoQueue.Server.Peers.Links;

/// <summary>The receiving end of connections that this side made: only replies come back.</summary>
internal sealed class ReplyReceiver : IFrameReceiver
{
    public static readonly ReplyReceiver Instance = new();

    private ReplyReceiver()
    {
    }

    public bool Receive(PeerConnection connection, in FrameHeader header, SharedBuffer payload)
    {
        switch (header.Type)
        {
            case FrameType.Reply or FrameType.Refusal:
                connection.CompleteCall(header, payload);
                return true;
            case FrameType.KeepAlive:
                payload.Release();
                return true;
            default:
                payload.Release();
                return false;
        }
    }
}
