using System.Collections.Concurrent;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Server.Peers.Connections;
using GoQueue.Server.Peers.Protocol;

namespace GoQueue.Server.Peers.Links;

/// <summary>Who receives which kind on this node, and the receiving end of connections that others made: messages and requests.</summary>
internal sealed class PeerHandlers(NodeId self, ILogger log) : IFrameReceiver
{
    private readonly ConcurrentDictionary<PeerMessageKind, Action<PeerMessage>> messages = new();
    private readonly ConcurrentDictionary<PeerMessageKind, Func<PeerMessage, CancellationToken, ValueTask<Result<PeerReply>>>> calls = new();

    public void Add(PeerMessageKind kind, Action<PeerMessage> handler) => Invariant.Check(messages.TryAdd(kind, handler), "a kind of message has one receiver");

    public void Add(PeerMessageKind kind, Func<PeerMessage, CancellationToken, ValueTask<Result<PeerReply>>> handler) =>
        Invariant.Check(calls.TryAdd(kind, handler), "a kind of call has one receiver");

    public bool Receive(PeerConnection connection, in FrameHeader header, SharedBuffer payload)
    {
        switch (header.Type)
        {
            case FrameType.KeepAlive:
                payload.Release();
                return true;
            case FrameType.Message:
                ReceiveMessage(connection, header.Kind, payload);
                return true;
            case FrameType.Request:
                ReceiveRequest(connection, header, payload);
                return true;
            default:
                payload.Release();
                return false;
        }
    }

    private static bool MaySpeak(PeerConnection connection, PeerMessageKind kind) =>
        connection.SharesCluster || kind is PeerMessageKind.FormationView or PeerMessageKind.FormationGenesis;

    private void ReceiveMessage(PeerConnection connection, PeerMessageKind kind, SharedBuffer payload)
    {
        try
        {
            if (MaySpeak(connection, kind) && messages.TryGetValue(kind, out Action<PeerMessage>? handler))
            {
                handler(new PeerMessage(connection.Peer.Node, connection.Peer.Incarnation, payload));
            }
        }
        catch (Exception failure)
        {
            Log.HandlerFailed(log, kind, connection.Peer.Node, failure);
        }
        finally
        {
            payload.Release();
        }
    }

    private void ReceiveRequest(PeerConnection connection, in FrameHeader header, SharedBuffer payload)
    {
        Error? refusal = null;
        Func<PeerMessage, CancellationToken, ValueTask<Result<PeerReply>>>? handler = null;
        if (!MaySpeak(connection, header.Kind))
        {
            refusal = new Error(ErrorCode.Unreachable, $"node {self} and node {connection.Peer.Node} were of no common cluster when they met");
        }
        else if (!calls.TryGetValue(header.Kind, out handler))
        {
            refusal = new Error(ErrorCode.Unreachable, $"node {self} does not take calls of kind {header.Kind} now");
        }
        else if (connection.CallsHandled >= PeerLimits.MaxCallsUnderWay)
        {
            refusal = new Error(ErrorCode.Overloaded, $"node {self} handles {PeerLimits.MaxCallsUnderWay} calls of node {connection.Peer.Node} already");
        }

        if (refusal is { } error)
        {
            payload.Release();
            Refuse(connection, header, error);
            return;
        }

        _ = HandleAsync(connection, header, payload, handler!);
    }

    /// <summary>Never fails; the handler's own failure is answered.</summary>
    private async Task HandleAsync(
        PeerConnection connection, FrameHeader header, SharedBuffer payload, Func<PeerMessage, CancellationToken, ValueTask<Result<PeerReply>>> handler)
    {
        connection.BeganCall();
        try
        {
            Result<PeerReply> result = await handler(new PeerMessage(connection.Peer.Node, connection.Peer.Incarnation, payload), connection.Ending);
            if (result.TryGet(out PeerReply reply, out Error refusal))
            {
                Reply(connection, header, reply);
            }
            else
            {
                Refuse(connection, header, refusal);
            }
        }
        catch (OperationCanceledException) when (connection.Ending.IsCancellationRequested)
        {
            // Nobody waits for the answer.
        }
        catch (Exception failure)
        {
            Log.HandlerFailed(log, header.Kind, connection.Peer.Node, failure);
            Refuse(connection, header, new Error(ErrorCode.Internal, $"node {self} failed while it handled {header.Kind}; its log has more"));
        }
        finally
        {
            payload.Release();
            connection.EndedCall();
        }
    }

    private void Reply(PeerConnection connection, in FrameHeader header, in PeerReply reply)
    {
        OutgoingFrame frame = new(FrameType.Reply, header.Kind, header.Correlation, reply.Head, reply.Body);
        long length = frame.PayloadLength;
        if (length > PeerLimits.MaxPayload(connection.Channel))
        {
            frame.Release();
            Log.MessageTooLarge(log, header.Kind, length, connection.Peer.Node, connection.Channel, PeerLimits.MaxPayload(connection.Channel));
            Refuse(connection, header, new Error(ErrorCode.Internal, $"the reply of node {self} has {length} bytes, channel {connection.Channel} allows {PeerLimits.MaxPayload(connection.Channel)}"));
        }
        else if (!connection.TrySend(frame))
        {
            // It was handled, so the code must not say otherwise.
            Refuse(connection, header, new Error(ErrorCode.OutcomeUnknown, $"node {self} handled the call, but its {connection.Channel} queue is full"));
        }
    }

    private static void Refuse(PeerConnection connection, in FrameHeader header, Error error) =>
        connection.TrySend(new OutgoingFrame(FrameType.Refusal, header.Kind, header.Correlation, RefusalPayload.Write(error)));
}
