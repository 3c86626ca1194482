using System.Buffers;
using GoQueue.Consensus.Encoding;
using GoQueue.Core;
using GoQueue.Core.Fields;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;

namespace GoQueue.Consensus.State;

/// <summary>
/// What the entries are applied to: the metadata, and which proposals it holds already. The same entries give the same state on every member; the
/// second part belongs to it as much as the first, because a member that forgot it would apply a repeated proposal twice.
/// </summary>
internal sealed class ReplicatedState
{
    /// <summary>Proposers remembered; beyond, the one that was silent for the most entries is forgotten. One per disk that ever proposed.</summary>
    private const int MaxSessions = 1000;

    private const int SmallestSession = 16 + 8 + 8 + 8 + 4;

    private readonly SortedDictionary<Guid, ClientSession> sessions = [];
    private MetadataState metadata = new();

    public MetadataImage Image => metadata.Image;

    /// <summary>Applied up to this entry.</summary>
    public long AppliedIndex { get; private set; }

    /// <summary>The highest start of that proposer that was seen; 0 for none.</summary>
    public long LastBootOf(Guid client) => sessions.TryGetValue(client, out ClientSession? session) ? session.Boot : 0;

    /// <summary>True when that proposal took its place in the order before.</summary>
    public bool IsApplied(Guid client, long boot, long sequence) =>
        sessions.TryGetValue(client, out ClientSession? session) && (session.Boot > boot || (session.Boot == boot && session.Contains(sequence)));

    /// <summary>An entry without a command: only the position moves.</summary>
    public void Skip(long index) => Advance(index);

    /// <summary>Null when the proposal was applied at an earlier entry; nothing changes then.</summary>
    public MetadataOutcome? Apply(in CommandEnvelope envelope, MetadataCommand command, long index)
    {
        Advance(index);
        if (!sessions.TryGetValue(envelope.Client, out ClientSession? session) || session.Boot < envelope.Boot)
        {
            session = new ClientSession(envelope.Boot, 0, []) { LastIndex = index };
            sessions[envelope.Client] = session;
            ForgetOldest();
        }

        if (session.Boot > envelope.Boot || !session.TryAdd(envelope.Sequence, envelope.Floor))
        {
            return null;
        }

        session.LastIndex = index;
        return metadata.Apply(command, index - 1);
    }

    /// <summary>The part besides the image, for a snapshot; small.</summary>
    public byte[] WriteSessions()
    {
        ArrayBufferWriter<byte> to = new();
        to.WriteInt32(sessions.Count);
        foreach ((Guid client, ClientSession session) in sessions)
        {
            to.WriteGuid(client);
            to.WriteInt64(session.Boot);
            to.WriteInt64(session.Floor);
            to.WriteInt64(session.LastIndex);
            to.WriteInt32(session.Applied.Count);
            foreach (long sequence in session.Applied)
            {
                to.WriteInt64(sequence);
            }
        }

        return to.WrittenSpan.ToArray();
    }

    /// <summary>The state part of a snapshot. Runs beside the loop: both parts are immutable.</summary>
    public static byte[] WriteSnapshot(ReadOnlySpan<byte> sessions, MetadataImage image)
    {
        ArrayBufferWriter<byte> to = new();
        to.WriteBlob(sessions);
        MetadataState.WriteImage(image, to);
        return to.WrittenSpan.ToArray();
    }

    /// <summary>Codes: CorruptLog for damage, UnsupportedBatchVersion for a snapshot of a newer program.</summary>
    public static Result<ReplicatedState> ReadSnapshot(ReadOnlySpan<byte> bytes, long index)
    {
        FieldReader from = new(bytes);
        ReadOnlySpan<byte> sessionBytes = from.ReadBlob(int.MaxValue);
        ReadOnlySpan<byte> image = from.ReadRest();
        if (from.IsBroken)
        {
            return Corrupt();
        }

        if (!MetadataState.ReadSnapshot(image).TryGet(out MetadataState? metadata, out Error error))
        {
            return error;
        }

        ReplicatedState state = new() { metadata = metadata, AppliedIndex = index };
        return metadata.Image.Version <= index && state.TryReadSessions(sessionBytes) ? state : Corrupt();
    }

    private bool TryReadSessions(ReadOnlySpan<byte> bytes)
    {
        FieldReader from = new(bytes);
        int count = from.ReadCount(SmallestSession, MaxSessions + 1);
        for (int i = 0; i < count; i++)
        {
            Guid client = from.ReadGuid();
            long boot = from.ReadNumber();
            long floor = from.ReadNumber();
            long lastIndex = from.ReadNumber();
            int open = from.ReadCount(sizeof(long), ClientSession.MaxOpen + 1);
            long[] applied = new long[open];
            for (int at = 0; at < open; at++)
            {
                applied[at] = from.ReadNumber();
            }

            if (!sessions.TryAdd(client, new ClientSession(boot, floor, applied) { LastIndex = lastIndex }))
            {
                return false;
            }
        }

        return from.IsAtEnd;
    }

    private void Advance(long index)
    {
        Invariant.Check(index == AppliedIndex + 1, "entries are applied in order and without a gap", AppliedIndex + 1, index);
        AppliedIndex = index;
    }

    private void ForgetOldest()
    {
        if (sessions.Count > MaxSessions)
        {
            sessions.Remove(sessions.MinBy(entry => entry.Value.LastIndex).Key);
        }
    }

    private static Error Corrupt() => new(ErrorCode.CorruptLog, "the snapshot of the metadata log cannot be used: its table of proposals is damaged");
}
