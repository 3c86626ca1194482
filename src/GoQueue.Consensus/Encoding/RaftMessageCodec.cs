using System.Buffers;
using GoQueue.Consensus.Core;
using GoQueue.Core;
using GoQueue.Core.Fields;

namespace GoQueue.Consensus.Encoding;

/// <summary>
/// Bytes of the messages between members, version 1 (docs/internals/raft-messages.md). Names the disk that is spoken to, so that a node with a wiped
/// disk does not answer for the one before. What the transport delivers is whole and from whom it says; everything else is checked here.
/// </summary>
internal static class RaftMessageCodec
{
    private const byte Version = 1;
    private const int MaxEntries = 1 << 16;
    private const int MaxEntryBytes = 16 << 20;
    private const int MaxChunkBytes = 16 << 20;
    private const int SmallestEntry = 8 + 1 + 4;

    private enum MessageType : byte
    {
        PreVote = 1,
        PreVoteAnswer = 2,
        Vote = 3,
        VoteAnswer = 4,
        Append = 5,
        AppendAccepted = 6,
        AppendRejected = 7,
        Heartbeat = 8,
        HeartbeatAnswer = 9,
        SnapshotChunk = 10,
        SnapshotAnswer = 11,
        TimeoutNow = 12,
    }

    public static void Write(RaftMessage message, Guid to, IBufferWriter<byte> bytes)
    {
        bytes.WriteByte(Version);
        bytes.WriteByte((byte)TypeOf(message));
        bytes.WriteGuid(to);
        bytes.WriteInt64(message.Term);
        switch (message)
        {
            case RaftMessage.PreVote ask:
                bytes.WriteInt64(ask.LastIndex);
                bytes.WriteInt64(ask.LastTerm);
                break;
            case RaftMessage.PreVoteAnswer answer:
                bytes.WriteBoolean(answer.IsGranted);
                break;
            case RaftMessage.Vote ask:
                bytes.WriteInt64(ask.LastIndex);
                bytes.WriteInt64(ask.LastTerm);
                bytes.WriteBoolean(ask.IsTransfer);
                break;
            case RaftMessage.VoteAnswer answer:
                bytes.WriteBoolean(answer.IsGranted);
                break;
            case RaftMessage.Append append:
                WriteAppend(append, bytes);
                break;
            case RaftMessage.AppendAccepted accepted:
                bytes.WriteInt64(accepted.Match);
                bytes.WriteBoolean(accepted.IsCounted);
                break;
            case RaftMessage.AppendRejected rejected:
                bytes.WriteInt64(rejected.PreviousIndex);
                bytes.WriteInt64(rejected.HintIndex);
                bytes.WriteInt64(rejected.HintTerm);
                break;
            case RaftMessage.Heartbeat heartbeat:
                bytes.WriteInt64(heartbeat.Round);
                bytes.WriteInt64(heartbeat.Commit);
                break;
            case RaftMessage.HeartbeatAnswer answer:
                bytes.WriteInt64(answer.Round);
                bytes.WriteBoolean(answer.IsCounted);
                break;
            case RaftMessage.SnapshotChunk chunk:
                WriteChunk(chunk, bytes);
                break;
            case RaftMessage.SnapshotAnswer answer:
                bytes.WriteInt64(answer.Index);
                bytes.WriteInt64(answer.NextPosition);
                bytes.WriteInt64(answer.Match);
                bytes.WriteBoolean(answer.IsCounted);
                break;
            case RaftMessage.TimeoutNow:
                break;
        }
    }

    /// <summary>Null when the bytes are no message of this version. The message holds copies and nothing of the bytes.</summary>
    /// <param name="to">The disk that is spoken to.</param>
    public static RaftMessage? TryRead(ReadOnlySpan<byte> bytes, out Guid to)
    {
        FieldReader from = new(bytes);
        byte version = from.ReadByte();
        MessageType type = (MessageType)from.ReadByte();
        to = from.ReadGuid();
        long term = from.ReadNumber();
        if (from.IsBroken || version != Version)
        {
            return null;
        }

        RaftMessage? message = type switch
        {
            MessageType.PreVote => new RaftMessage.PreVote(term, from.ReadNumber(), from.ReadNumber()),
            MessageType.PreVoteAnswer => new RaftMessage.PreVoteAnswer(term, from.ReadBoolean()),
            MessageType.Vote => new RaftMessage.Vote(term, from.ReadNumber(), from.ReadNumber(), from.ReadBoolean()),
            MessageType.VoteAnswer => new RaftMessage.VoteAnswer(term, from.ReadBoolean()),
            MessageType.Append => ReadAppend(term, ref from),
            MessageType.AppendAccepted => new RaftMessage.AppendAccepted(term, from.ReadNumber(), from.ReadBoolean()),
            MessageType.AppendRejected => new RaftMessage.AppendRejected(term, from.ReadNumber(), from.ReadNumber(), from.ReadNumber()),
            MessageType.Heartbeat => new RaftMessage.Heartbeat(term, from.ReadNumber(), from.ReadNumber()),
            MessageType.HeartbeatAnswer => new RaftMessage.HeartbeatAnswer(term, from.ReadNumber(), from.ReadBoolean()),
            MessageType.SnapshotChunk => ReadChunk(term, ref from),
            MessageType.SnapshotAnswer => new RaftMessage.SnapshotAnswer(term, from.ReadNumber(), from.ReadNumber(), from.ReadNumber(), from.ReadBoolean()),
            MessageType.TimeoutNow => new RaftMessage.TimeoutNow(term),
            _ => null,
        };
        return from.IsAtEnd ? message : null;
    }

    private static MessageType TypeOf(RaftMessage message) => message switch
    {
        RaftMessage.PreVote => MessageType.PreVote,
        RaftMessage.PreVoteAnswer => MessageType.PreVoteAnswer,
        RaftMessage.Vote => MessageType.Vote,
        RaftMessage.VoteAnswer => MessageType.VoteAnswer,
        RaftMessage.Append => MessageType.Append,
        RaftMessage.AppendAccepted => MessageType.AppendAccepted,
        RaftMessage.AppendRejected => MessageType.AppendRejected,
        RaftMessage.Heartbeat => MessageType.Heartbeat,
        RaftMessage.HeartbeatAnswer => MessageType.HeartbeatAnswer,
        RaftMessage.SnapshotChunk => MessageType.SnapshotChunk,
        RaftMessage.SnapshotAnswer => MessageType.SnapshotAnswer,
        RaftMessage.TimeoutNow => MessageType.TimeoutNow,
        _ => throw new InvariantViolationException($"message {message.GetType().Name} has no number"),
    };

    private static void WriteAppend(RaftMessage.Append append, IBufferWriter<byte> bytes)
    {
        bytes.WriteInt64(append.PreviousIndex);
        bytes.WriteInt64(append.PreviousTerm);
        bytes.WriteInt64(append.Commit);
        bytes.WriteInt32(append.Entries.Count);
        foreach (RaftEntry entry in append.Entries)
        {
            bytes.WriteInt64(entry.Term);
            bytes.WriteByte((byte)entry.Kind);
            bytes.WriteBlob(entry.Payload.Span);
        }
    }

    private static RaftMessage.Append ReadAppend(long term, ref FieldReader from)
    {
        long previousIndex = from.ReadNumber();
        long previousTerm = from.ReadNumber();
        long commit = from.ReadNumber();
        int count = from.ReadCount(SmallestEntry, MaxEntries);
        RaftEntry[] entries = new RaftEntry[count];
        for (int i = 0; i < count; i++)
        {
            long entryTerm = from.ReadNumber();
            RaftEntryKind kind = (RaftEntryKind)from.ReadByte();
            if (kind is < RaftEntryKind.NoOp or > RaftEntryKind.Configuration)
            {
                from.Break();
            }

            entries[i] = new RaftEntry(previousIndex + 1 + i, entryTerm, kind, from.ReadBlob(MaxEntryBytes).ToArray());
        }

        return new RaftMessage.Append(term, previousIndex, previousTerm, commit, entries);
    }

    private static void WriteChunk(RaftMessage.SnapshotChunk chunk, IBufferWriter<byte> bytes)
    {
        bytes.WriteInt64(chunk.Index);
        bytes.WriteInt64(chunk.IndexTerm);
        bytes.WriteInt64(chunk.TotalBytes);
        bytes.WriteInt32(unchecked((int)chunk.TotalChecksum));
        bytes.WriteInt64(chunk.Position);
        bytes.WriteInt32(unchecked((int)chunk.Checksum));
        bytes.WriteBlob(chunk.Data.Span);
    }

    private static RaftMessage.SnapshotChunk ReadChunk(long term, ref FieldReader from) => new(
        term,
        from.ReadNumber(),
        from.ReadNumber(),
        from.ReadNumber(),
        unchecked((uint)from.ReadInt32()),
        from.ReadNumber(),
        unchecked((uint)from.ReadInt32()),
        from.ReadBlob(MaxChunkBytes).ToArray());
}
