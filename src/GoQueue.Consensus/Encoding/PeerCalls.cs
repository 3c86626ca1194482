using System.Buffers;
using System.Text;
using GoQueue.Consensus.Core;
using GoQueue.Core;
using GoQueue.Core.Fields;

namespace GoQueue.Consensus.Encoding;

/// <summary>Bytes of the calls that a member makes to the leader, and of their answers, version 1 (docs/internals/raft-messages.md).</summary>
internal static class PeerCalls
{
    public const int MaxCommands = 1 << 16;

    private const byte Version = 1;
    private const int MaxCommandBytes = 16 << 20;
    private const int MaxDetailBytes = 4096;

    private enum AdminType : byte
    {
        Transfer = 1,
        AddLearner = 2,
        Promote = 3,
        Remove = 4,
    }

    public static SharedBuffer WriteProposals(IReadOnlyList<ReadOnlyMemory<byte>> commands)
    {
        ArrayBufferWriter<byte> to = new();
        to.WriteByte(Version);
        to.WriteInt32(commands.Count);
        foreach (ReadOnlyMemory<byte> command in commands)
        {
            to.WriteBlob(command.Span);
        }

        return SharedBuffer.CopyOf(to.WrittenSpan);
    }

    /// <summary>Null when the bytes are none. The commands are copies.</summary>
    public static List<ReadOnlyMemory<byte>>? ReadProposals(ReadOnlySpan<byte> bytes)
    {
        FieldReader from = new(bytes);
        bool isKnown = from.ReadByte() == Version;
        int count = from.ReadCount(sizeof(int), MaxCommands);
        List<ReadOnlyMemory<byte>> commands = new(count);
        for (int i = 0; i < count; i++)
        {
            commands.Add(from.ReadBlob(MaxCommandBytes).ToArray());
        }

        return isKnown && from.IsAtEnd ? commands : null;
    }

    public static SharedBuffer WriteRead() => SharedBuffer.CopyOf([Version]);

    public static bool IsRead(ReadOnlySpan<byte> bytes) => bytes is [Version];

    public static SharedBuffer WriteAdmin(QuorumRequest request)
    {
        ArrayBufferWriter<byte> to = new();
        to.WriteByte(Version);
        switch (request)
        {
            case QuorumRequest.Transfer transfer:
                to.WriteByte((byte)AdminType.Transfer);
                to.WriteName(transfer.Target.Value);
                break;
            case QuorumRequest.Change { What: MembershipChange.AddLearner add }:
                to.WriteByte((byte)AdminType.AddLearner);
                to.WriteMember(add.Member);
                break;
            case QuorumRequest.Change { What: MembershipChange.Promote promote }:
                to.WriteByte((byte)AdminType.Promote);
                to.WriteName(promote.Node.Value);
                to.WriteGuid(promote.Incarnation);
                break;
            case QuorumRequest.Change { What: MembershipChange.Remove remove }:
                to.WriteByte((byte)AdminType.Remove);
                to.WriteName(remove.Node.Value);
                to.WriteGuid(remove.Incarnation);
                break;
            default:
                throw new InvariantViolationException($"request {request.GetType().Name} has no encoding");
        }

        return SharedBuffer.CopyOf(to.WrittenSpan);
    }

    /// <summary>Null when the bytes are none.</summary>
    public static QuorumRequest? ReadAdmin(ReadOnlySpan<byte> bytes)
    {
        FieldReader from = new(bytes);
        bool isKnown = from.ReadByte() == Version;
        QuorumRequest? request = (AdminType)from.ReadByte() switch
        {
            AdminType.Transfer => new QuorumRequest.Transfer(ReadNode(ref from)),
            AdminType.AddLearner => new QuorumRequest.Change(new MembershipChange.AddLearner(from.ReadMember())),
            AdminType.Promote => new QuorumRequest.Change(new MembershipChange.Promote(ReadNode(ref from), from.ReadGuid())),
            AdminType.Remove => new QuorumRequest.Change(new MembershipChange.Remove(ReadNode(ref from), from.ReadGuid())),
            _ => null,
        };
        return isKnown && from.IsAtEnd ? request : null;
    }

    public static SharedBuffer WriteAnswer(Result<long> answer)
    {
        ArrayBufferWriter<byte> to = new();
        to.WriteByte(Version);
        to.WriteInt32((int)answer.Error.Code);
        if (answer.IsOk)
        {
            to.WriteInt64(answer.Value);
        }
        else
        {
            byte[] detail = System.Text.Encoding.UTF8.GetBytes(answer.Error.Detail);
            to.WriteBlob(detail.AsSpan(0, Math.Min(detail.Length, MaxDetailBytes)));
        }

        return SharedBuffer.CopyOf(to.WrittenSpan);
    }

    /// <summary>An answer that cannot be read is <see cref="ErrorCode.OutcomeUnknown"/>: the other side did something.</summary>
    public static Result<long> ReadAnswer(ReadOnlySpan<byte> bytes)
    {
        FieldReader from = new(bytes);
        bool isKnown = from.ReadByte() == Version;
        ErrorCode code = (ErrorCode)from.ReadInt32();
        long value = code == ErrorCode.None ? from.ReadNumber() : 0;
        string detail = code == ErrorCode.None ? string.Empty : System.Text.Encoding.UTF8.GetString(from.ReadBlob(MaxDetailBytes));
        if (!isKnown || !from.IsAtEnd || !Enum.IsDefined(code))
        {
            return new Error(ErrorCode.OutcomeUnknown, "the answer of the leader of the metadata quorum could not be read");
        }

        return code == ErrorCode.None ? value : new Error(code, detail);
    }

    private static NodeId ReadNode(ref FieldReader from) => new(from.ReadName(MemberRules.MaxNodeIdLength));
}
