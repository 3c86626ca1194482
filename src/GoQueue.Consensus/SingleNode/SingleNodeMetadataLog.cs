using System.Buffers;
using System.Runtime.InteropServices;
using GoQueue.Core;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Storage.Directories;

namespace GoQueue.Consensus.SingleNode;

/// <summary>
/// The metadata log of a cluster of one node, on a partition log. Proposals wait in a bounded queue; one loop takes all that fit a group,
/// writes and flushes them together, applies them in order, publishes the image and then answers. While the group is flushed the next one
/// gathers, which is all the batching there is.
/// </summary>
/// <remarks>
/// <code>
/// Open --commit fails, outcome unknown--> Failed   (image stays readable; every proposal is refused until a restart)
/// Open, Failed --DisposeAsync--> Closing --queue drained--> Closed
/// </code>
/// A full disk refuses the group and leaves the state Open.
/// </remarks>
public sealed class SingleNodeMetadataLog : IMetadataLog, ITurn
{
    private readonly MetadataJournal journal;
    private readonly SingleNodeMetadataLogOptions options;
    private readonly MetadataLogEnvironment environment;
    private readonly MetadataImageFeed feed;

    // Shared between proposers and the loop, under the gate.
    private readonly Lock gate = new();
    private readonly Queue<Proposal> queue = new();
    private readonly TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool isTurnAsked;
    private bool isClosing;
    private bool isFailed;

    // The loop's own.
    private readonly List<Proposal> group = [];

    private SingleNodeMetadataLog(MetadataJournal journal, SingleNodeMetadataLogOptions options, MetadataLogEnvironment environment)
    {
        this.journal = journal;
        this.options = options;
        this.environment = environment;
        feed = new MetadataImageFeed(journal.State.Image);
    }

    public MetadataImage Image => feed.Image;

    /// <summary>Creates the log in an empty directory, or restores what is there; reads the disk on the calling thread.</summary>
    /// <exception cref="MetadataLogUnusableException">The stored metadata is damaged, incomplete or of a newer program; nothing was changed.</exception>
    /// <exception cref="IOException">The disk failed, or a file of the log is of a newer format.</exception>
    public static SingleNodeMetadataLog Open(ILogDirectory directory, SingleNodeMetadataLogOptions options, MetadataLogEnvironment environment) =>
        new(MetadataJournal.Open(directory, options, UnixMillis.From(environment.Time), environment.Logger), options, environment);

    public async ValueTask<Result<MetadataOutcome>> ProposeAsync(MetadataCommand command, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (command.Validate() is { } malformed)
        {
            return malformed;
        }

        ArrayBufferWriter<byte> encoded = new();
        MetadataCommandCodec.Encode(command, encoded);
        Proposal proposal = new(command, encoded.WrittenMemory);
        if (MetadataJournal.SizeInGroup(proposal) > options.MaxGroupBytes)
        {
            return new Error(ErrorCode.InvalidArgument, $"the command has {encoded.WrittenCount} bytes, more than a group of {options.MaxGroupBytes} holds");
        }

        return Enqueue(proposal) is { } refused ? refused : await proposal.Answer.UnlessCancelledAsync(cancellationToken);
    }

    public ValueTask<MetadataImage> WaitForChangeAsync(long seenVersion, CancellationToken cancellationToken) =>
        feed.WaitForNewerAsync(seenVersion, cancellationToken);

    /// <summary>Refuses new proposals, decides those that wait, closes the log properly and wakes whoever waits for an image.</summary>
    public async ValueTask DisposeAsync()
    {
        bool ask;
        lock (gate)
        {
            ask = !isClosing && !isTurnAsked;
            isTurnAsked |= ask;
            isClosing = true;
        }

        if (ask)
        {
            environment.Loop.Schedule(this);
        }

        await closed.Task;
    }

    private Error? Enqueue(Proposal proposal)
    {
        bool ask;
        lock (gate)
        {
            if (isClosing)
            {
                return new Error(ErrorCode.ShuttingDown, "the metadata log is closing");
            }

            if (isFailed)
            {
                return new Error(ErrorCode.StorageFailure, "the metadata log stopped after a failure of its disk; restart the node");
            }

            if (queue.Count >= options.MaxQueuedProposals)
            {
                return new Error(ErrorCode.Overloaded, $"{queue.Count} metadata changes are waiting, the bound; repeat after a pause");
            }

            queue.Enqueue(proposal);
            ask = !isTurnAsked;
            isTurnAsked = true;
        }

        if (ask)
        {
            environment.Loop.Schedule(this);
        }

        return null;
    }

    /// <summary>One group, so that a shared loop stays fair; asks for the next turn while there is something to do.</summary>
    void ITurn.RunTurn()
    {
        TakeGroup();
        if (group.Count > 0)
        {
            CommitGroup();
        }

        bool again;
        bool close;
        lock (gate)
        {
            again = queue.Count > 0;
            close = isClosing && !again;
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
    }

    private void TakeGroup()
    {
        group.Clear();
        long bytes = 0;
        lock (gate)
        {
            while (queue.TryPeek(out Proposal? next) && bytes + MetadataJournal.SizeInGroup(next) <= options.MaxGroupBytes)
            {
                bytes += MetadataJournal.SizeInGroup(next);
                group.Add(queue.Dequeue());
            }
        }
    }

    private void CommitGroup()
    {
        try
        {
            UnixMillis now = UnixMillis.From(environment.Time);
            journal.Commit(CollectionsMarshal.AsSpan(group), now);
            PublishAndAnswer();
            journal.SnapshotIfDue(now);
        }
        catch (DiskFullException full) when (!journal.IsFailed)
        {
            Log.DiskFull(environment.Logger, full, group.Count);
            RefuseGroup(ErrorCode.DiskFull, "no room on the disk for the change; free space and repeat");
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
    }

    /// <summary>The image first, so that whoever has an answer sees its effect.</summary>
    private void PublishAndAnswer()
    {
        if (journal.State.Image.Version > feed.Image.Version)
        {
            feed.Publish(journal.State.Image);
        }

        foreach (Proposal proposal in group)
        {
            Invariant.Check(proposal.Outcome is not null, "an applied command has an outcome");
            proposal.Complete(proposal.Outcome);
        }

        group.Clear();
    }

    /// <summary>
    /// What was being written may or may not survive; what still waited was never written. A failure after the answers, in a snapshot, finds
    /// the group empty.
    /// </summary>
    private void Fail(Exception failure)
    {
        Log.Failed(environment.Logger, failure);
        RefuseGroup(ErrorCode.OutcomeUnknown, "the disk failed while the change was written; whether it survives shows after a restart of the node");
        lock (gate)
        {
            isFailed = true;
            group.AddRange(queue);
            queue.Clear();
        }

        RefuseGroup(ErrorCode.StorageFailure, "the metadata log stopped after a failure of its disk; restart the node");
    }

    private void RefuseGroup(ErrorCode code, string detail)
    {
        foreach (Proposal proposal in group)
        {
            proposal.Refuse(code, detail);
        }

        group.Clear();
    }

    private void Close()
    {
        try
        {
            journal.Close();
            Log.Closed(environment.Logger, Image.Version);
        }
        catch (Exception failure)
        {
            Log.CloseFailed(environment.Logger, failure);
            journal.Dispose();
        }

        feed.Close();
        closed.SetResult();
    }
}
