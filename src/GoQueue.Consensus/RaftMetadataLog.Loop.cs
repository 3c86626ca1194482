using GoQueue.Consensus.Core;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Core.Scheduling;
using GoQueue.Storage.Directories;

namespace GoQueue.Consensus;

/// <content>The loop: one turn after the other, each with one flush at most.</content>
public sealed partial class RaftMetadataLog
{
    private readonly List<RaftEffect> effects = [];
    private readonly List<RaftEntry> toWrite = [];
    private Queue<Proposal> spareArrived = new();
    private List<(MemberId From, RaftMessage Message)> spareInbox = [];
    private Queue<Action> sparePosted = new();
    private TimeSpan turnTime;
    private TimeSpan coreDeadline = TimeSpan.MaxValue;
    private TimeSpan armedFor = TimeSpan.MaxValue;
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
        while (sparePosted.TryDequeue(out Action? work))
        {
            work();
        }

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
                    full = TryTruncate(truncate.FromIndex) ?? full;
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

    /// <summary>Null when the entries from there on are cut off; else they wait for that, and nothing is written behind them.</summary>
    private DiskFullException? TryTruncate(long from)
    {
        try
        {
            if (from <= disk.LastIndex)
            {
                disk.TruncateFrom(from);
            }

            return null;
        }
        catch (DiskFullException full) when (!disk.IsFailed)
        {
            return full;
        }
    }

    /// <summary>One flush for all that this turn wrote; told to the core, whose answers go out in the next round.</summary>
    private void FlushWritten()
    {
        bool isDeferred = options.Has(RaftFaults.CountBeforeFlush) && !isFlushOwed;
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
}
