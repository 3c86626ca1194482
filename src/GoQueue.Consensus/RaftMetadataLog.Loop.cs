using GoQueue.Consensus.Core;
using GoQueue.Consensus.State;
using GoQueue.Consensus.Storage;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Storage.Directories;

namespace GoQueue.Consensus;

/// <content>The loop: one turn after the other, each with one flush at most.</content>
public sealed partial class RaftMetadataLog
{
    /// <summary>A closing node gives up on open proposals after this time.</summary>
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(3);

    private readonly List<RaftEffect> effects = [];
    private readonly List<RaftEntry> toWrite = [];
    private readonly List<Proposal> decided = [];
    private Queue<Proposal> spareArrived = new();
    private List<(MemberId From, RaftMessage Message)> spareInbox = [];
    private List<Action> sparePosted = [];
    private TimeSpan turnTime;
    private TimeSpan coreDeadline = TimeSpan.MaxValue;
    private TimeSpan armedFor = TimeSpan.MaxValue;
    private TimeSpan? closeBy;
    private long bytesSinceSnapshot;
    private long lastSnapshotTry;
    private bool isSnapshotRunning;
    private bool isFlushOwed;

    /// <summary>Before anybody knows of this log: a sole voter elects itself and applies all it has.</summary>
    private void Begin(string path)
    {
        try
        {
            turnTime = Now();
            core.Step(RaftInput.TimerFired.Instance, turnTime, effects);
            CarryOut();
            Publish();
        }
        catch
        {
            timer.Dispose();
            disk.Dispose();
            throw;
        }

        Log.Opened(environment.Logger, path, core.Term, core.Log.LastIndex, core.Snapshot?.Index ?? 0, Image.TopicCount, core.Configuration.IsVoter(self) ? "a voter" : "no voter");
        JoinTransport();
        Arm();
        bool again;
        lock (gate)
        {
            again = HasWork();
            isTurnAsked = again;
        }

        if (again)
        {
            environment.Loop.Schedule(this);
        }
    }

    void ITurn.RunTurn()
    {
        bool isDone;
        try
        {
            TakeQueued();
            isDone = isFailed ? RefuseEverything() : Turn();
        }
        catch (Exception failure)
        {
            Fail(failure);
            isDone = true;
        }

        bool again;
        bool close;
        lock (gate)
        {
            again = HasWork() || !isDone;
            close = isClosing && !again && !isClosed && openProposals == 0 && !isSnapshotRunning;
            isClosed |= close;
            isTurnAsked = again || close; // once closed, nobody asks again
        }

        if (again)
        {
            environment.Loop.Schedule(this);
        }
        else if (close)
        {
            Close();
        }
        else
        {
            Arm();
        }
    }

    /// <summary>Under the gate.</summary>
    private bool HasWork() => arrived.Count > 0 || inbox.Count > 0 || posted.Count > 0;

    private void TakeQueued()
    {
        lock (gate)
        {
            (arrived, spareArrived) = (spareArrived, arrived);
            (inbox, spareInbox) = (spareInbox, inbox);
            (posted, sparePosted) = (sparePosted, posted);
        }

        while (spareArrived.TryDequeue(out Proposal? proposal))
        {
            pending.Add(proposal.Sequence, proposal);
            waiting.Enqueue(proposal);
        }
    }

    /// <summary>False when there is more to do at once.</summary>
    private bool Turn()
    {
        turnTime = Now();
        foreach (Action work in sparePosted)
        {
            work();
        }

        sparePosted.Clear();
        foreach ((MemberId from, RaftMessage message) in spareInbox)
        {
            Step(new RaftInput.Received(from, message));
        }

        spareInbox.Clear();
        if (turnTime >= coreDeadline)
        {
            Step(RaftInput.TimerFired.Instance);
        }

        FollowLeadership();
        ExpireRequests();
        bool isDone = MoveProposals();
        MoveReads();
        CarryOut();
        FollowLeadership();
        SettleRequests();
        SnapshotWhenDue();
        Publish();
        return isDone;
    }

    private void Step(RaftInput input) => core.Step(input, turnTime, effects);

    /// <summary>Does what the core asked for, flushes, and goes on with what follows from that.</summary>
    private void CarryOut()
    {
        while (effects.Count > 0)
        {
            if (WriteAll())
            {
                AnswerTaken();
                SendAll();
            }

            long applyTo = TakeOutcomes();
            effects.Clear();
            ApplyUpTo(applyTo);
            FlushWritten();
        }
    }

    /// <summary>
    /// Hard states, truncations and entries in their order; only then anything is sent. False when there was no room for all entries: then nothing is sent
    /// at all, and the core forgets what is not on the disk.
    /// </summary>
    private bool WriteAll()
    {
        UnixMillis wall = UnixMillis.From(environment.Time);
        DiskFullException? full = null;
        for (int i = 0; i < effects.Count; i++)
        {
            switch (effects[i])
            {
                case RaftEffect.SaveHardState save:
                    disk.SaveHardState(save.State, Math.Min(core.Commit, core.Durable), save.IsFlushed);
                    break;
                case RaftEffect.TruncateLog truncate:
                    full ??= TryWrite(wall);
                    if (truncate.FromIndex <= disk.LastIndex)
                    {
                        disk.TruncateFrom(truncate.FromIndex);
                    }

                    break;
                case RaftEffect.AppendEntries append when full is null:
                    toWrite.AddRange(append.Entries);
                    break;
                case RaftEffect.InstallSnapshot install:
                    toWrite.Clear(); // of the log that the snapshot replaces
                    Install(install.Snapshot, wall);
                    break;
                case RaftEffect.SetTimer set:
                    coreDeadline = set.Deadline;
                    break;
            }
        }

        full ??= TryWrite(wall);
        if (full is null)
        {
            return true;
        }

        long from = disk.LastIndex + 1;
        Log.DiskFull(environment.Logger, full, from);
        int before = effects.Count;
        Step(new RaftInput.AppendFailed(from));
        foreach (RaftEffect effect in effects.Skip(before))
        {
            coreDeadline = effect is RaftEffect.SetTimer set ? set.Deadline : coreDeadline;
        }

        RefuseTaken(from);
        return false;
    }

    /// <summary>Null when all of it is written; else it is not, but for what stands below the last index.</summary>
    private DiskFullException? TryWrite(UnixMillis wall)
    {
        if (toWrite.Count == 0)
        {
            return null;
        }

        try
        {
            disk.Append(toWrite, wall);
            return null;
        }
        catch (DiskFullException full) when (!disk.IsFailed)
        {
            return full;
        }
        finally
        {
            toWrite.Clear();
        }
    }

    /// <summary>One flush for all that this turn wrote; told to the core, whose answers go out in the next round.</summary>
    private void FlushWritten()
    {
        bool isDeferred = (options.Faults & RaftFaults.CountBeforeFlush) != 0 && !isFlushOwed;
        isFlushOwed = isDeferred;
        if (disk.LastIndex <= core.Durable || isDeferred)
        {
            return;
        }

        long index = disk.LastIndex;
        disk.Flush();
        Step(new RaftInput.Flushed(index, core.Log.TermAt(index)));
    }

    private void SendAll()
    {
        if (environment.Peers is not { } peers)
        {
            return;
        }

        foreach (RaftEffect effect in effects)
        {
            if (effect is RaftEffect.Send send)
            {
                SendOne(peers, send.To, send.Message);
            }
        }
    }

    /// <summary>Reads that are decided are noted; answers the index up to which to apply.</summary>
    private long TakeOutcomes()
    {
        long applyTo = 0;
        foreach (RaftEffect effect in effects)
        {
            switch (effect)
            {
                case RaftEffect.Apply apply:
                    applyTo = Math.Max(applyTo, apply.UpTo);
                    break;
                case RaftEffect.ReadReady ready:
                    NoteReadIndex(ready.Ticket, ready.Index);
                    break;
                case RaftEffect.ReadRefused refused:
                    RetryRead(refused.Ticket);
                    break;
            }
        }

        return applyTo;
    }

    private void ApplyUpTo(long upTo)
    {
        if (upTo <= state.AppliedIndex)
        {
            return;
        }

        for (long index = state.AppliedIndex + 1; index <= upTo; index++)
        {
            RaftEntry entry = core.Log[index];
            bytesSinceSnapshot += entry.Size;
            if (entry.Kind == RaftEntryKind.Command)
            {
                ApplyCommand(entry);
            }
            else
            {
                state.Skip(index);
            }
        }

        PublishImage();
        AnswerDecided();
    }

    private void ApplyCommand(in RaftEntry entry)
    {
        CommandEnvelope? head = CommandEnvelope.TryReadHead(entry.Payload.Span);
        Proposal? own = null;
        if (head is { } known && known.Client == self.Incarnation && known.Boot == boot)
        {
            pending.TryGetValue(known.Sequence, out own);
        }

        MetadataOutcome? outcome = head is not null && own is not null
            ? state.Apply(head.Value, own.Command, entry.Index)
            : ApplyDecoded(entry);
        if (own is not null)
        {
            Invariant.Check(outcome is not null, "a proposal that is still open was not applied before");
            own.Outcome = outcome;
            decided.Add(own);
            pending.Remove(own.Sequence);
        }
    }

    private MetadataOutcome? ApplyDecoded(in RaftEntry entry) =>
        CommandEnvelope.Read(entry.Payload.Span).TryGet(out (CommandEnvelope Envelope, MetadataCommand Command) read, out Error error)
            ? state.Apply(read.Envelope, read.Command, entry.Index)
            : throw new MetadataLogUnusableException($"entry {entry.Index} of the metadata log cannot be applied: {error.Detail}");

    /// <summary>The image first, so that whoever has an answer sees its effect.</summary>
    private void PublishImage()
    {
        if (state.Image.Version > feed.Image.Version)
        {
            feed.Publish(state.Image);
        }
    }

    private void AnswerDecided()
    {
        if (decided.Count == 0)
        {
            return;
        }

        lock (gate)
        {
            openProposals -= decided.Count;
        }

        foreach (Proposal proposal in decided)
        {
            Invariant.Check(proposal.Outcome is not null, "an applied command has an outcome");
            proposal.Complete(proposal.Outcome);
        }

        metrics?.Decided(decided.Count);
        decided.Clear();
    }

    /// <summary>Takes over the state of the leader. What this node had proposed and the snapshot holds is decided, but what came of it is not in there.</summary>
    private void Install(RaftSnapshot snapshot, UnixMillis wall)
    {
        if (!ReplicatedState.ReadSnapshot(snapshot.State.Span, snapshot.Index).TryGet(out ReplicatedState? received, out Error error))
        {
            throw new MetadataLogUnusableException($"the snapshot from the leader cannot be used: {error.Detail}");
        }

        try
        {
            disk.Install(snapshot, wall);
        }
        catch (DiskFullException full) when (!disk.IsFailed)
        {
            Log.SnapshotDiskFull(environment.Logger, full);
            Step(RaftInput.SnapshotFailed.Instance);
            return;
        }

        state = received;
        bytesSinceSnapshot = 0;
        Step(new RaftInput.SnapshotInstalled(snapshot));
        PublishImage();
        ForgetAppliedElsewhere();
        Log.SnapshotInstalled(environment.Logger, snapshot.Index);
    }

    private void SnapshotWhenDue()
    {
        long last = Math.Max(core.Snapshot?.Index ?? 0, lastSnapshotTry);
        bool isDue = state.AppliedIndex - last >= options.SnapshotEveryEntries || bytesSinceSnapshot >= Math.Max(options.SnapshotEveryBytes, core.Snapshot?.Bytes.Length ?? 0);
        if (!isDue || isSnapshotRunning || state.AppliedIndex == last)
        {
            return;
        }

        isSnapshotRunning = true;
        lastSnapshotTry = state.AppliedIndex;
        bytesSinceSnapshot = 0;
        long index = state.AppliedIndex;
        environment.Background.Schedule(new SnapshotTurn(
            disk, index, core.Log.TermAt(index), core.ConfigurationAt(index), state.WriteSessions(), state.Image, (taken, failure) => Post(() => EndSnapshot(taken, failure))));
    }

    private void EndSnapshot(RaftSnapshot? taken, Exception? failure)
    {
        isSnapshotRunning = false;
        if (failure is DiskFullException full)
        {
            Log.SnapshotDiskFull(environment.Logger, full);
            return;
        }

        if (taken is null)
        {
            throw new IOException("a snapshot of the metadata could not be written", failure);
        }

        // The log goes on from the snapshot before, so that a start can do with that one when the newest is damaged.
        long compactTo = core.Snapshot?.Index ?? 0;
        if (taken.Index > compactTo)
        {
            Step(new RaftInput.SnapshotTaken(taken, compactTo));
            CompactDisk(compactTo);
            Log.SnapshotWritten(environment.Logger, taken.Bytes.Length, taken.Index);
        }
    }

    private void CompactDisk(long upTo)
    {
        try
        {
            disk.Compact(upTo, UnixMillis.From(environment.Time));
        }
        catch (DiskFullException full) when (!disk.IsFailed)
        {
            Log.SnapshotDiskFull(environment.Logger, full);
        }
    }

    /// <summary>
    /// What was in a leader's hands may or may not survive; what still waited was never written. What comes later is refused when it comes.
    /// </summary>
    private void Fail(Exception failure)
    {
        Log.Failed(environment.Logger, failure);
        lock (gate)
        {
            isFailed = true;
        }

        effects.Clear();
        toWrite.Clear();
        decided.Clear();
        isSnapshotRunning = false;
        RefuseEverything();
        Publish();
    }

    private bool RefuseEverything()
    {
        sparePosted.Clear();
        spareInbox.Clear();
        RefuseOpen(ErrorCode.StorageFailure, "the metadata log stopped after a failure of its disk; restart the node");
        return true;
    }

    /// <summary>Ends every open request: those that nobody can have decided with the given code.</summary>
    private void RefuseOpen(ErrorCode code, string detail)
    {
        foreach (Proposal proposal in pending.Values)
        {
            if (proposal.Handed > 0)
            {
                proposal.Refuse(ErrorCode.OutcomeUnknown, "the node stopped while the change was being decided; it may still take effect");
            }
            else
            {
                proposal.Refuse(code, detail);
            }
        }

        lock (gate)
        {
            openProposals -= pending.Count;
        }

        pending.Clear();
        waiting.Clear();
        EndReads(new Error(code, detail));
        EndAdmin(new Error(code, detail));
        EndTaken(new Error(ErrorCode.OutcomeUnknown, "the leader of the metadata quorum stopped while it wrote the change"));
    }

    private void Close()
    {
        timer.Dispose();
        RefuseOpen(ErrorCode.ShuttingDown, "the metadata log is closing");
        try
        {
            if (isFailed)
            {
                disk.Dispose();
            }
            else
            {
                disk.Close(core.HardState, Math.Min(core.Commit, core.Durable));
                Log.Closed(environment.Logger, Image.Version);
            }
        }
        catch (Exception failure)
        {
            Log.CloseFailed(environment.Logger, failure);
            disk.Dispose();
        }

        metrics?.Dispose();
        feed.Close();
        status.Close();
        closed.SetResult();
    }

    /// <summary>Sets the timer for whatever is due next.</summary>
    private void Arm()
    {
        TimeSpan due = isFailed ? TimeSpan.MaxValue : TimeSpan.FromTicks(Math.Min(coreDeadline.Ticks, RequestDeadline().Ticks));
        if (due == armedFor)
        {
            return;
        }

        armedFor = due;
        TimeSpan wait = due == TimeSpan.MaxValue ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling((due - Now()).TotalMilliseconds)));
        timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Encodes and writes one snapshot beside the loop, from what never changes.</summary>
    private sealed class SnapshotTurn(
        RaftDisk disk, long index, long term, RaftConfiguration configuration, byte[] sessions, MetadataImage image, Action<RaftSnapshot?, Exception?> done) : ITurn
    {
        public void RunTurn()
        {
            try
            {
                RaftSnapshot snapshot = RaftSnapshot.Make(index, term, configuration, ReplicatedState.WriteSnapshot(sessions, image));
                disk.SaveSnapshot(snapshot);
                done(snapshot, null);
            }
            catch (Exception failure)
            {
                done(null, failure);
            }
        }
    }
}
