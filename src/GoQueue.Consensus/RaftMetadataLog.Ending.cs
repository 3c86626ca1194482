using GoQueue.Core;

namespace GoQueue.Consensus;

/// <content>The end of the log: by a failure, or closed.</content>
public sealed partial class RaftMetadataLog
{
    /// <summary>A closing node gives up on open proposals after this time.</summary>
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(3);

    private TimeSpan? closeBy;

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
        while (sparePosted.TryDequeue(out Action? work))
        {
            try
            {
                work(); // may bring a request that somebody waits for; it is ended below
            }
            catch (Exception failure)
            {
                Log.Failed(environment.Logger, failure);
            }
        }

        effects.Clear();
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
}
