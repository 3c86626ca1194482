using GoQueue.Core;

namespace GoQueue.Consensus.Core;

/// <content>Snapshots: taken here, sent to members that are too far behind, received (paper section 7).</content>
internal sealed partial class RaftCore
{
    /// <summary>A snapshot on its way here, piece by piece. Nothing of it counts before all of it is verified.</summary>
    private Assembly? assembling;

    /// <summary>Complete and being made durable.</summary>
    private RaftSnapshot? installing;

    private void OnSnapshotTaken(RaftSnapshot taken, long compactTo)
    {
        if (Snapshot is not null && taken.Index <= Snapshot.Index)
        {
            return; // one from the leader overtook it
        }

        Invariant.Check(compactTo <= taken.Index && taken.Index <= Commit, "a snapshot stands for what is decided", Commit, taken.Index);
        Snapshot = taken;
        Log.CompactTo(compactTo);
        int covering = configurations.FindLastIndex(entry => entry.Index <= Log.BaseIndex);
        if (covering > 0)
        {
            configurations.RemoveRange(0, covering);
        }
    }

    private void StartSnapshot(MemberProgress peer)
    {
        Invariant.Check(Snapshot is not null && Snapshot.Index >= Log.BaseIndex, "what the log let go of is in a snapshot");
        peer.BecomeSnapshot(Snapshot);
        SendChunk(peer);
    }

    private void SendChunk(MemberProgress peer)
    {
        RaftSnapshot snapshot = peer.Snapshot!;
        int length = (int)Math.Min(options.SnapshotChunkBytes, snapshot.Bytes.Length - peer.SnapshotPosition);
        ReadOnlyMemory<byte> data = snapshot.Bytes.Slice((int)peer.SnapshotPosition, length);
        peer.LastMovement = now;
        Send(peer.Id, new RaftMessage.SnapshotChunk(
            Term, snapshot.Index, snapshot.Term, snapshot.Bytes.Length, snapshot.Checksum, peer.SnapshotPosition, Crc32C.Compute(data.Span), data));
    }

    private void OnSnapshotAnswer(MemberId from, RaftMessage.SnapshotAnswer answer)
    {
        if (!TryHear(from, answer.Term, out MemberProgress? peer) || peer.Snapshot is not { } sent || sent.Index != answer.Index)
        {
            return;
        }

        peer.IsCounted = answer.IsCounted;
        if (answer.Match > 0)
        {
            if (answer.Match <= Log.LastIndex)
            {
                peer.BecomeProbe(answer.Match + 1);
                NoteMatch(peer, answer.Match);
                AdvanceCommit();
                SendEntries(peer);
            }
        }
        else if (answer.NextPosition >= 0 && answer.NextPosition < sent.Bytes.Length)
        {
            peer.SnapshotPosition = answer.NextPosition;
            SendChunk(peer);
        }
    }

    private void OnSnapshotChunk(MemberId from, RaftMessage.SnapshotChunk chunk)
    {
        if (chunk.Term < Term)
        {
            Send(from, new RaftMessage.AppendAccepted(Term, 0, mayVote));
            return;
        }

        Invariant.Check(Role != RaftRole.Leader, "a term has one leader");
        HeardLeader(from);
        if (installing is not null)
        {
            return;
        }

        if (chunk.IndexTerm < 0)
        {
            return;
        }

        if (chunk.Index <= Commit || Log.TermAt(chunk.Index) == chunk.IndexTerm)
        {
            // All of it is here already; what the snapshot stands for is decided.
            verified = Math.Max(verified, chunk.Index);
            RaiseCommit(chunk.Index);
            Send(from, new RaftMessage.SnapshotAnswer(Term, chunk.Index, 0, Math.Min(chunk.Index, Durable), mayVote));
            return;
        }

        if (chunk.TotalBytes > options.MaxSnapshotBytes || chunk.Index <= 0 || Crc32C.Compute(chunk.Data.Span) != chunk.Checksum)
        {
            return;
        }

        if (chunk.Position == 0 && assembling?.IsOf(chunk) != true)
        {
            assembling = new Assembly(chunk);
        }

        if (assembling?.IsOf(chunk) == true && chunk.Position == assembling.Length && chunk.Data.Length > 0 && assembling.TryAdd(chunk.Data.Span))
        {
            if (assembling.IsComplete)
            {
                Install(from, assembling);
                return;
            }
        }

        Send(from, new RaftMessage.SnapshotAnswer(Term, chunk.Index, assembling?.IsOf(chunk) == true ? assembling.Length : 0, 0, mayVote));
    }

    private void Install(MemberId from, Assembly complete)
    {
        assembling = null;
        RaftSnapshot? snapshot = complete.Verify();
        if (snapshot is null)
        {
            Send(from, new RaftMessage.SnapshotAnswer(Term, complete.Index, 0, 0, mayVote)); // once more from its beginning
            return;
        }

        installing = snapshot;
        effects.Add(new RaftEffect.InstallSnapshot(snapshot));
    }

    private void OnSnapshotInstalled(RaftSnapshot snapshot)
    {
        Invariant.Check(installing == snapshot, "the snapshot that is installed is the one asked for");
        installing = null;
        Snapshot = snapshot;
        Log.Reset(snapshot.Index, snapshot.Term);
        Durable = snapshot.Index;
        Commit = snapshot.Index;
        announcedApply = snapshot.Index;
        configurations.Clear();
        configurations.Add((snapshot.Index, snapshot.Configuration));
        verified = snapshot.Index;
        acknowledged = snapshot.Index;
        if (Leader is { } leader && leader != Self)
        {
            Send(leader, new RaftMessage.SnapshotAnswer(Term, snapshot.Index, 0, snapshot.Index, mayVote));
        }
    }

    /// <summary>There was no room for it: the leader sends it again.</summary>
    private void OnSnapshotFailed() => installing = null;

    /// <summary>The pieces of one snapshot, in order.</summary>
    private sealed class Assembly(RaftMessage.SnapshotChunk first)
    {
        private readonly long totalBytes = first.TotalBytes;
        private readonly uint checksum = first.TotalChecksum;
        private readonly long term = first.IndexTerm;
        private readonly MemoryStream bytes = new();

        public long Index { get; } = first.Index;

        public long Length => bytes.Length;

        public bool IsComplete => bytes.Length == totalBytes;

        public bool IsOf(RaftMessage.SnapshotChunk chunk) =>
            chunk.Index == Index && chunk.IndexTerm == term && chunk.TotalBytes == totalBytes && chunk.TotalChecksum == checksum;

        public bool TryAdd(ReadOnlySpan<byte> piece)
        {
            if (piece.Length > totalBytes - bytes.Length)
            {
                return false;
            }

            bytes.Write(piece);
            return true;
        }

        /// <summary>Null when the whole is not what was announced.</summary>
        public RaftSnapshot? Verify()
        {
            byte[] whole = bytes.ToArray();
            return Crc32C.Compute(whole) == checksum && RaftSnapshot.TryParse(whole) is { } parsed && parsed.Index == Index && parsed.Term == term ? parsed : null;
        }
    }
}
