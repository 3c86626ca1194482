using System.Buffers;
using GoQueue.Consensus.Encoding;
using GoQueue.Core;
using GoQueue.Core.Fields;
using GoQueue.Core.Peers;
using GoQueue.Metadata.Quorum;
using Microsoft.Extensions.Logging;

namespace GoQueue.Consensus.Formation;

/// <summary>How a node becomes a learner of a cluster that formed without its disk: it asks any member, which passes it on to the leader.</summary>
public static class ClusterJoining
{
    private const byte Version = 1;

    /// <summary>A disk heard so recently is alive, and another one under the same id is a second node.</summary>
    private static readonly TimeSpan Alive = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(500);

    /// <summary>Takes in nodes that ask, from now on.</summary>
    public static void Serve(IPeerTransport transport, IMetadataQuorum quorum, ILogger log) =>
        transport.OnCall(PeerMessageKind.FormationGenesis, (message, cancellationToken) => TakeInAsync(transport, quorum, log, message, cancellationToken));

    /// <summary>Asks again and again until the cluster took this disk; the Raft log of this node must be open, because it is sent to at once.</summary>
    /// <param name="contacts">Whom to ask; asked for anew at every turn.</param>
    public static async Task JoinAsync(IPeerTransport transport, QuorumMember self, Func<IReadOnlyList<NodeId>> contacts, TimeProvider time, ILogger log, CancellationToken cancellationToken)
    {
        string said = string.Empty;
        while (true)
        {
            foreach (NodeId contact in contacts())
            {
                Result<SharedBuffer> answer = contact == self.Node
                    ? new Error(ErrorCode.Unreachable, "this node")
                    : await transport.CallAsync(contact, PeerMessageKind.FormationGenesis, PeerChannel.Request, Encode(self, isPassedOn: false), AnswerWithin, cancellationToken);
                if (answer.IsOk)
                {
                    answer.Value.Release();
                    Log.Joined(log, contact);
                    return;
                }

                if (answer.Error.Code is not (ErrorCode.Unreachable or ErrorCode.MetadataUnavailable) && said != answer.Error.Detail)
                {
                    said = answer.Error.Detail;
                    Log.NotTakenIn(log, contact, answer.Error.ToString());
                }
            }

            await Task.Delay(AskAgainAfter, time, cancellationToken);
        }
    }

    private static async ValueTask<Result<PeerReply>> TakeInAsync(IPeerTransport transport, IMetadataQuorum quorum, ILogger log, PeerMessage message, CancellationToken cancellationToken)
    {
        if (!Decode(message.Payload.Span).TryGet(out (QuorumMember Member, bool IsPassedOn) asked, out Error damaged))
        {
            return damaged;
        }

        if (!asked.IsPassedOn && (asked.Member.Node != message.From || asked.Member.Incarnation != message.Incarnation))
        {
            return new Error(ErrorCode.MalformedRequest, $"node {message.From} asked for node {asked.Member.Node}");
        }

        QuorumStatus status = quorum.Status;
        if (status.IsLeader)
        {
            return await AddAsync(quorum, status, asked.Member, log, cancellationToken) is { } refusal ? refusal : new PeerReply(SharedBuffer.Rent(0));
        }

        if (asked.IsPassedOn || status.Leader is not { } leader || leader == transport.Self)
        {
            return new Error(ErrorCode.MetadataUnavailable, $"node {transport.Self} does not lead the metadata quorum and knows nobody who does");
        }

        Result<SharedBuffer> answer = await transport.CallAsync(
            leader, PeerMessageKind.FormationGenesis, PeerChannel.Request, Encode(asked.Member, isPassedOn: true), AnswerWithin, cancellationToken);
        return answer.IsOk ? new PeerReply(answer.Value) : answer.Error;
    }

    /// <summary>A disk that was there before under the same id is taken out first, unless it lives.</summary>
    private static async Task<Error?> AddAsync(IMetadataQuorum quorum, QuorumStatus status, QuorumMember member, ILogger log, CancellationToken cancellationToken)
    {
        QuorumMemberStatus? before = status.Members.FirstOrDefault(other => other.Member.Node == member.Node);
        if (before is not null && before.Member.Incarnation != member.Incarnation)
        {
            if (before.SinceLastContact < Alive)
            {
                return new Error(ErrorCode.PreconditionFailed,
                    $"node {member.Node} with incarnation {before.Member.Incarnation} is alive, this one has {member.Incarnation}: two nodes with the same id, or ask again in a moment");
            }

            Log.ReplacingDisk(log, member.Node, before.Member.Incarnation, member.Incarnation);
            if (await quorum.RemoveAsync(member.Node, before.Member.Incarnation, cancellationToken) is { } refusal)
            {
                return refusal;
            }
        }

        return await quorum.AddLearnerAsync(member, cancellationToken);
    }

    private static SharedBuffer Encode(QuorumMember member, bool isPassedOn)
    {
        ArrayBufferWriter<byte> to = new();
        to.WriteByte(Version);
        to.WriteBoolean(isPassedOn);
        to.WriteMember(member);
        return SharedBuffer.CopyOf(to.WrittenSpan);
    }

    private static Result<(QuorumMember Member, bool IsPassedOn)> Decode(ReadOnlySpan<byte> bytes)
    {
        FieldReader from = new(bytes);
        byte version = from.ReadByte();
        bool isPassedOn = from.ReadBoolean();
        QuorumMember member = from.ReadMember();
        if (!from.IsAtEnd || version != Version)
        {
            return new Error(ErrorCode.MalformedRequest, "a request to join is damaged, or of a version that this program does not know");
        }

        return MemberRules.Validate(member) is { } refused ? refused : (member, isPassedOn);
    }
}
