using System.Buffers;
using GoQueue.Consensus.Core;
using GoQueue.Core.Scheduling;
using GoQueue.Consensus.Encoding;
using GoQueue.Consensus.State;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Metadata.Commands;

namespace GoQueue.Consensus;

/// <content>To and from the other members. What arrives is decoded where it arrives and queued within bounds.</content>
public sealed partial class RaftMetadataLog
{
    private const int MaxRemoteBatches = 256;

    private readonly ArrayBufferWriter<byte> sending = new();

    private void JoinTransport()
    {
        if (environment.Peers is not { } peers)
        {
            return;
        }

        peers.OnMessage(PeerMessageKind.Raft, OnRaftMessage);
        peers.OnMessage(PeerMessageKind.RaftSnapshot, OnRaftMessage);
        peers.OnCall(PeerMessageKind.Propose, OnProposeAsync);
        peers.OnCall(PeerMessageKind.ReadIndex, OnReadIndexAsync);
        peers.OnCall(PeerMessageKind.QuorumAdmin, OnAdminAsync);
        peers.OnLinkChange(OnLinkChange);
    }

    private void SendOne(IPeerTransport peers, MemberId to, RaftMessage message)
    {
        sending.ResetWrittenCount();
        RaftMessageCodec.Write(message, to.Incarnation, sending);
        bool isBulk = message is RaftMessage.SnapshotChunk or RaftMessage.SnapshotAnswer;
        peers.TrySend(
            to.Node,
            isBulk ? PeerMessageKind.RaftSnapshot : PeerMessageKind.Raft,
            isBulk ? PeerChannel.Bulk : PeerChannel.Control,
            SharedBuffer.CopyOf(sending.WrittenSpan)); // what is dropped is sent again
    }

    private void OnRaftMessage(PeerMessage arrivedMessage)
    {
        RaftMessage? message = RaftMessageCodec.TryRead(arrivedMessage.Payload.Span, out Guid to);
        if (message is null)
        {
            Log.BadMessage(environment.Logger, arrivedMessage.From, arrivedMessage.Payload.Length);
            return;
        }

        if (to != self.Incarnation)
        {
            return; // for the disk that was here before
        }

        bool ask;
        lock (gate)
        {
            if (isClosed || isFailed || inbox.Count >= options.MaxQueuedMessages)
            {
                return;
            }

            inbox.Add((new MemberId(arrivedMessage.From, arrivedMessage.Incarnation), message));
            ask = !isTurnAsked;
            isTurnAsked = true;
        }

        if (ask)
        {
            environment.Loop.Schedule(this);
        }
    }

    private void OnLinkChange(PeerLinkChange change)
    {
        if (change.State is PeerLinkState.Closed or PeerLinkState.Refused)
        {
            Post(() => LoseLink(change));
        }
    }

    private void LoseLink(PeerLinkChange change)
    {
        // A refused attempt names no disk: then it speaks of whoever is the member.
        Guid incarnation = change.Incarnation != Guid.Empty ? change.Incarnation : core.Configuration.Find(change.Peer)?.Incarnation ?? Guid.Empty;
        Step(new RaftInput.LinkLost(new MemberId(change.Peer, incarnation)));
    }

    private async ValueTask<Result<PeerReply>> OnProposeAsync(PeerMessage call, CancellationToken cancellationToken)
    {
        if (PeerCalls.ReadProposals(call.Payload.Span) is not { } commands)
        {
            return new Error(ErrorCode.MalformedRequest, "the proposals could not be read");
        }

        foreach (ReadOnlyMemory<byte> command in commands)
        {
            // What could not be applied must not get into the log: every member would stop at it.
            if (!CommandEnvelope.Read(command.Span).TryGet(out (CommandEnvelope Envelope, MetadataCommand Command) read, out Error error))
            {
                return Reply(error.Code == ErrorCode.CorruptLog ? error with { Code = ErrorCode.MalformedRequest } : error);
            }

            if (read.Command.Validate() is { } malformed)
            {
                return Reply(malformed with { Code = ErrorCode.InvalidArgument });
            }
        }

        TaskCompletionSource<Result<long>> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (RefusalNow() is { } refused)
            {
                return Reply(refused);
            }

            if (remoteBatches >= MaxRemoteBatches)
            {
                return Reply(new Error(ErrorCode.Overloaded, $"{remoteBatches} groups of proposals are waiting at the leader of the metadata quorum, the bound"));
            }

            remoteBatches++;
        }

        if (!Post(() => TakeRemote(commands, answer)))
        {
            return Reply(new Error(ErrorCode.ShuttingDown, "the metadata log is closed"));
        }

        return Reply(await answer.Task.UnlessCancelledAsync(cancellationToken));
    }

    private async ValueTask<Result<PeerReply>> OnReadIndexAsync(PeerMessage call, CancellationToken cancellationToken)
    {
        if (!PeerCalls.IsRead(call.Payload.Span))
        {
            return new Error(ErrorCode.MalformedRequest, "the question could not be read");
        }

        ReadRequest read = new(Now() + CallTimeout, isRemote: true);
        return Reply(PostRequest(() => QueueRead(read)) is { } refused ? refused : await read.Answer.Task.UnlessCancelledAsync(cancellationToken));
    }

    private async ValueTask<Result<PeerReply>> OnAdminAsync(PeerMessage call, CancellationToken cancellationToken)
    {
        if (PeerCalls.ReadAdmin(call.Payload.Span) is not { } what)
        {
            return new Error(ErrorCode.MalformedRequest, "the request to the quorum could not be read");
        }

        AdminRequest request = new(what, Now() + options.RequestTimeout, isRemote: true);
        Error? outcome = PostRequest(() => QueueAdmin(request)) is { } refused ? refused : await request.Answer.Task.UnlessCancelledAsync(cancellationToken);
        return Reply(outcome is { } error ? error : 0L);
    }

    private static Result<PeerReply> Reply(Result<long> answer) => new PeerReply(PeerCalls.WriteAnswer(answer));
}
