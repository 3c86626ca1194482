using System.Buffers;
using GoQueue.Consensus.Encoding;
using GoQueue.Core;
using GoQueue.Core.Fields;

namespace GoQueue.Consensus.Formation;

/// <summary>
/// What a node says of itself while clusters form: the only message of the protocol, asked for and told. A coordinator's view with its own accepted
/// genesis is its proposal; a member's view with that genesis is its consent; any view with a decided one is the news of it.
/// </summary>
/// <param name="Host">Under which others should reach the node; empty when it leaves that to them.</param>
/// <param name="Record">Null while nothing was accepted.</param>
public sealed record FormationView(NodeId Node, Guid Incarnation, string Host, int Port, long OwnAttempts, FormationRecord? Record)
{
    private const byte Version = 1;

    /// <summary>Layout: docs/internals/formation.md.</summary>
    public SharedBuffer Encode()
    {
        ArrayBufferWriter<byte> to = new();
        to.WriteByte(Version);
        to.WriteName(Node.Value);
        to.WriteGuid(Incarnation);
        to.WriteName(Host);
        to.WriteInt32(Port);
        to.WriteInt64(OwnAttempts);
        to.WriteBoolean(Record is not null);
        Record?.Write(to);
        return SharedBuffer.CopyOf(to.WrittenSpan);
    }

    /// <summary>Codes: MalformedRequest.</summary>
    public static Result<FormationView> Decode(ReadOnlySpan<byte> bytes)
    {
        FieldReader from = new(bytes);
        byte version = from.ReadByte();
        if (!from.IsBroken && version != Version)
        {
            return new Error(ErrorCode.MalformedRequest, $"a formation view has version {version}, this program knows {Version}");
        }

        NodeId node = new(from.ReadName(MemberRules.MaxNodeIdLength));
        Guid incarnation = from.ReadGuid();
        string host = from.ReadName(MemberRules.MaxHostLength);
        int port = from.ReadInt32();
        long ownAttempts = from.ReadNumber();
        FormationRecord? record = from.ReadBoolean() ? FormationRecord.Read(ref from) : null;
        return from.IsAtEnd && node.Value.Length > 0
            ? new FormationView(node, incarnation, host, port, ownAttempts, record)
            : new Error(ErrorCode.MalformedRequest, "a formation view is damaged");
    }
}
