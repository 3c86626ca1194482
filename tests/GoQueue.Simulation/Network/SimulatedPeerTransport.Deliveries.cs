using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Network;

/// <summary>What travels, and what its arrival does.</summary>
internal sealed partial class SimulatedPeerTransport
{
    /// <summary>A message, a request or a reply under way.</summary>
    private sealed class Delivery
    {
        private readonly PeerLink link;
        private readonly Result<SharedBuffer> payload;
        private readonly bool isReply;
        private SimulatedPeerTransport receiver = null!;

        public Delivery(SimulatedPeerTransport sender, int host, PeerLink link, PeerChannel channel, PeerMessageKind kind, SharedBuffer payload, PendingCall? call)
        {
            Sender = sender;
            Host = host;
            this.link = link;
            Channel = channel;
            Kind = kind;
            this.payload = payload;
            Call = call;
            Generation = link.Generation;
        }

        public Delivery(SimulatedPeerTransport sender, int host, PeerLink link, PeerChannel channel, PeerMessageKind kind, Result<SharedBuffer> answer, PendingCall call)
        {
            Sender = sender;
            Host = host;
            this.link = link;
            Channel = channel;
            Kind = kind;
            payload = answer;
            Call = call;
            isReply = true;
            Generation = link.Generation;
        }

        public SimulatedPeerTransport Sender { get; }

        public int Host { get; }

        public PeerChannel Channel { get; }

        public PeerMessageKind Kind { get; }

        public PendingCall? Call { get; }

        public int Generation { get; }

        public int Bytes => payload.IsOk ? payload.Value.Length : 0;

        public Delivery To(SimulatedPeerTransport host)
        {
            receiver = host;
            return this;
        }

        public void Run()
        {
            if (link.Generation != Generation)
            {
                return;
            }

            link.Dequeued(Sender.Process.Index, Channel, Bytes);
            ReadOnlySpan<byte> bytes = payload.IsOk ? payload.Value.Span : default;
            receiver.Trace(isReply ? "reply" : "message", (int)Kind, Crc32C.Compute(bytes), Kind);
            if (isReply)
            {
                Call!.Finish(payload);
                return;
            }

            PeerMessage message = new(Sender.Self, Sender.Incarnation, payload.Value);
            if (Call is null)
            {
                if (receiver.messages.TryGetValue(Kind, out Action<PeerMessage>? handler))
                {
                    Handle(handler, message);
                }

                payload.Value.Release();
            }
            else if (receiver.calls.TryGetValue(Kind, out Func<PeerMessage, CancellationToken, ValueTask<Result<PeerReply>>>? handler))
            {
                _ = AnswerAsync(handler, message);
            }
            else
            {
                receiver.Reply(this, new Error(ErrorCode.Unreachable, $"{receiver.Self} takes no calls of kind {Kind}"));
            }
        }

        public override string ToString() => $"{Kind} from {Sender.Self}{(isReply ? " (reply)" : "")}";

        private void Handle(Action<PeerMessage> handler, PeerMessage message)
        {
            try
            {
                handler(message);
            }
            catch (InvalidOperationException) when (receiver.MayHandlersThrow)
            {
                // the message is lost, the link goes on
            }
        }

        private async Task AnswerAsync(Func<PeerMessage, CancellationToken, ValueTask<Result<PeerReply>>> handler, PeerMessage message)
        {
            using CancellationTokenSource stop = new();
            (int, CancellationTokenSource) entry = (Sender.Process.Index, stop);
            receiver.running.Add(entry);
            try
            {
                Result<PeerReply> reply = await handler(message, stop.Token);
                message.Payload.Release();
                receiver.Reply(this, reply.TryGet(out PeerReply answer, out Error error) ? Join(answer) : error);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // the caller is gone
            }
            catch (InvalidOperationException) when (receiver.MayHandlersThrow)
            {
                receiver.Reply(this, new Error(ErrorCode.Internal, "the handler failed"));
            }
            catch (Exception failure)
            {
                receiver.Process.Loop.ReportFailure(receiver.Process, failure, $"handler of {Kind}");
            }
            finally
            {
                receiver.running.Remove(entry);
            }
        }

        private static SharedBuffer Join(PeerReply reply)
        {
            int length = reply.Head.Length + (reply.Body?.Sum(slice => slice.Length) ?? 0);
            SharedBuffer joined = SharedBuffer.Rent(length);
            reply.Head.Span.CopyTo(joined.Span);
            int at = reply.Head.Length;
            reply.Head.Release();
            foreach (BufferSlice slice in reply.Body ?? [])
            {
                slice.Span.CopyTo(joined.Span[at..]);
                at += slice.Length;
                slice.Buffer.Release();
            }

            return joined;
        }
    }
}
