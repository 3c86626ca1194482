using System.Buffers;
using GoQueue.Consensus.Encoding;
using GoQueue.Core;
using GoQueue.Core.Fields;
using GoQueue.Metadata.Commands;

namespace GoQueue.Consensus.State;

/// <summary>
/// Who proposed a command and its number there: the payload of a command entry. The same command may be in the log more than once, because a proposer that
/// does not know what became of it proposes it again; it is applied once.
/// </summary>
/// <param name="Client">Incarnation of the proposing node.</param>
/// <param name="Boot">Which start of that node: numbers begin anew with each.</param>
/// <param name="Sequence">1 or more; never used for another command of that boot.</param>
/// <param name="Floor">The proposer waits for nothing below this number any more.</param>
internal readonly record struct CommandEnvelope(Guid Client, long Boot, long Sequence, long Floor)
{
    public const int Size = 16 + 8 + 8 + 8;

    public ReadOnlyMemory<byte> Wrap(ReadOnlySpan<byte> command)
    {
        ArrayBufferWriter<byte> to = new(Size + command.Length);
        to.WriteGuid(Client);
        to.WriteInt64(Boot);
        to.WriteInt64(Sequence);
        to.WriteInt64(Floor);
        to.Write(command);
        return to.WrittenMemory;
    }

    /// <summary>Who and which, without a look at the command; null when it is too short for that.</summary>
    public static CommandEnvelope? TryReadHead(ReadOnlySpan<byte> payload)
    {
        FieldReader from = new(payload);
        CommandEnvelope envelope = new(from.ReadGuid(), from.ReadNumber(), from.ReadNumber(), from.ReadNumber());
        return from.IsBroken ? null : envelope;
    }

    /// <summary>Reads the whole payload. The command may still be refused by its own rules.</summary>
    public static Result<(CommandEnvelope Envelope, MetadataCommand Command)> Read(ReadOnlySpan<byte> payload)
    {
        FieldReader from = new(payload);
        CommandEnvelope envelope = new(from.ReadGuid(), from.ReadNumber(), from.ReadNumber(), from.ReadNumber());
        bool isSound = !from.IsBroken && envelope.Sequence > 0 && envelope.Floor <= envelope.Sequence && envelope.Sequence - envelope.Floor <= ClientSession.MaxOpen;
        if (!isSound)
        {
            return new Error(ErrorCode.CorruptLog, $"a proposed command of {payload.Length} bytes does not name its proposer and number");
        }

        return MetadataCommandCodec.Decode(from.ReadRest()).TryGet(out MetadataCommand? command, out Error error) ? (envelope, command) : error;
    }
}
