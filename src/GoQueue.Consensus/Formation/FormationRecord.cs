using System.Buffers;
using GoQueue.Consensus.Encoding;
using GoQueue.Core;
using GoQueue.Core.Fields;

namespace GoQueue.Consensus.Formation;

/// <summary>How far a node has come. Numbers are part of the file and of the messages.</summary>
public enum FormationStage : byte
{
    /// <summary>The genesis is accepted here. Its coordinator alone may decide it, once every member has accepted.</summary>
    Accepted = 1,

    /// <summary>It was accepted here and can never be decided; kept so that the node is known never to have voted.</summary>
    Released = 2,

    /// <summary>Decided, and this node is a member of it: final.</summary>
    Formed = 3,

    /// <summary>The cluster formed without this disk, which is to join it.</summary>
    Joining = 4,

    /// <summary>The cluster took this disk as a learner: final.</summary>
    Joined = 5,
}

/// <summary>Who proposed a genesis, and in which of its attempts.</summary>
/// <param name="Attempt">Counts the coordinator's proposals from 1, so that an old message of it is known as old.</param>
/// <param name="Id">Drawn for each proposal.</param>
public sealed record FormationProposal(NodeId Coordinator, Guid Incarnation, long Attempt, Guid Id);

/// <summary>What a node keeps of formation on its disk. It is durable before anybody hears of it.</summary>
/// <param name="OwnAttempts">Proposals that this node itself has made.</param>
public sealed record FormationRecord(FormationStage Stage, FormationProposal Proposal, Genesis Genesis, long OwnAttempts)
{
    /// <summary>The cluster exists, with or without this disk.</summary>
    public bool IsDecided => Stage is FormationStage.Formed or FormationStage.Joining or FormationStage.Joined;

    internal void Write(IBufferWriter<byte> to)
    {
        to.WriteByte((byte)Stage);
        to.WriteInt64(OwnAttempts);
        to.WriteName(Proposal.Coordinator.Value);
        to.WriteGuid(Proposal.Incarnation);
        to.WriteInt64(Proposal.Attempt);
        to.WriteGuid(Proposal.Id);
        ArrayBufferWriter<byte> genesis = new();
        Genesis.Write(genesis);
        to.WriteBlob(genesis.WrittenSpan);
    }

    /// <summary>Null when the bytes are not a record; the reader is broken then.</summary>
    internal static FormationRecord? Read(ref FieldReader from)
    {
        FormationStage stage = (FormationStage)from.ReadByte();
        long ownAttempts = from.ReadNumber();
        FormationProposal proposal = new(new NodeId(from.ReadName(MemberRules.MaxNodeIdLength)), from.ReadGuid(), from.ReadNumber(), from.ReadGuid());
        Result<Genesis> genesis = Genesis.Read(from.ReadBlob(MaxGenesisBytes));
        if (from.IsBroken || !genesis.IsOk || stage is < FormationStage.Accepted or > FormationStage.Joined || proposal.Coordinator.Value.Length == 0)
        {
            from.Break();
            return null;
        }

        return new FormationRecord(stage, proposal, genesis.Value, ownAttempts);
    }

    /// <summary>More than a genesis of the most members with the longest names.</summary>
    internal const int MaxGenesisBytes = 64 << 10;
}
