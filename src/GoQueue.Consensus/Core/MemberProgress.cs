using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus.Core;

internal enum ProgressState : byte
{
    /// <summary>Where the logs agree is not known: one message at a time.</summary>
    Probe = 0,

    /// <summary>Messages are sent ahead of the answers.</summary>
    Replicate = 1,

    /// <summary>It is so far behind that it gets a snapshot.</summary>
    Snapshot = 2,
}

/// <summary>
/// What the leader knows of one member.
/// <code>
/// Probe     --accepted--------------------------> Replicate
/// Replicate --rejected, or nothing comes back---> Probe
/// Probe, Replicate --needs entries that are gone-> Snapshot --complete--> Probe
/// </code>
/// </summary>
internal sealed class MemberProgress(QuorumMember member, bool isVoter)
{
    private readonly Queue<(long LastIndex, int Bytes)> inflight = new();

    public QuorumMember Member { get; } = member;

    public MemberId Id { get; } = MemberId.Of(member);

    public bool IsVoter { get; set; } = isVoter;

    /// <summary>False when the member lost its vote: what it holds counts for nothing.</summary>
    public bool IsCounted { get; set; } = true;

    public ProgressState State { get; private set; }

    /// <summary>Durable there and equal to the leader's log up to this.</summary>
    public long Match { get; set; }

    /// <summary>The next entry to send.</summary>
    public long Next { get; set; } = 1;

    /// <summary>The commit index it was told.</summary>
    public long SentCommit { get; set; }

    public bool IsProbeSent { get; set; }

    public long InflightBytes { get; private set; }

    public int InflightCount => inflight.Count;

    /// <summary>The last round of questions it answered.</summary>
    public long AnsweredRound { get; set; }

    public TimeSpan LastContact { get; set; }

    /// <summary>When something was last acknowledged, or first sent after nothing was.</summary>
    public TimeSpan LastMovement { get; set; }

    /// <summary>Being sent; held until the transfer ends, whatever newer ones there are.</summary>
    public RaftSnapshot? Snapshot { get; private set; }

    public long SnapshotPosition { get; set; }

    public void BecomeProbe(long next)
    {
        State = ProgressState.Probe;
        Next = Math.Max(next, 1);
        IsProbeSent = false;
        Snapshot = null;
        ClearInflight();
    }

    public void BecomeReplicate()
    {
        State = ProgressState.Replicate;
        Next = Match + 1;
        Snapshot = null;
        ClearInflight();
    }

    public void BecomeSnapshot(RaftSnapshot snapshot)
    {
        State = ProgressState.Snapshot;
        Snapshot = snapshot;
        SnapshotPosition = 0;
        ClearInflight();
    }

    public void Sent(long lastIndex, int bytes)
    {
        inflight.Enqueue((lastIndex, bytes));
        InflightBytes += bytes;
    }

    /// <summary>What was sent up to the index has arrived.</summary>
    public void Acknowledged(long upTo)
    {
        while (inflight.TryPeek(out (long LastIndex, int Bytes) oldest) && oldest.LastIndex <= upTo)
        {
            InflightBytes -= oldest.Bytes;
            inflight.Dequeue();
        }
    }

    private void ClearInflight()
    {
        inflight.Clear();
        InflightBytes = 0;
    }
}
