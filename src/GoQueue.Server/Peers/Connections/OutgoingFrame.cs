using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Server.Peers.Protocol;

namespace GoQueue.Server.Peers.Connections;

/// <summary>A frame to be sent. It owns one reference of its payload and of each slice of its body.</summary>
/// <param name="Call">Of a request: told when it leaves, because from then on it may be handled.</param>
internal readonly record struct OutgoingFrame(
    FrameType Type, PeerMessageKind Kind, ulong Correlation, SharedBuffer? Payload, IReadOnlyList<BufferSlice>? Body = null, PeerCall? Call = null)
{
    public long PayloadLength
    {
        get
        {
            long length = Payload?.Length ?? 0;
            for (int i = 0; i < (Body?.Count ?? 0); i++)
            {
                length += Body![i].Length;
            }

            return length;
        }
    }

    public void Release()
    {
        Payload?.Release();
        for (int i = 0; i < (Body?.Count ?? 0); i++)
        {
            Body![i].Buffer.Release();
        }
    }
}
