using System.Buffers;
using GoQueue.Consensus.Core;
using GoQueue.Consensus.State;
using GoQueue.Consensus.Storage;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Quorum;
using GoQueue.Storage.Directories;
using Microsoft.Extensions.Logging;

namespace GoQueue.Consensus;

/// <summary>
/// The metadata log of a cluster: a member of a Raft group, with its disk and its connections. Everything happens in the turns of one loop, which owns the
/// core, the disk and the state; callers queue what they want and wait. A cluster of one node is a group of one voter.
/// </summary>
/// <remarks>
/// One turn: take what was queued; step the core; write entries and hard state; send; flush once for all of it; apply what is decided; publish the image;
/// answer. What comes in meanwhile is the next group, which is all the batching there is.
/// <code>
/// Open --the disk fails--> Failed   (the image stays readable; everything else is refused until a restart)
/// Open, Failed --DisposeAsync--> Closing --nothing is open any more--> Closed
/// </code>
/// </remarks>
public sealed partial class RaftMetadataLog : IMetadataLog, IMetadataQuorum, ITurn
{
    private readonly RaftOptions options;
    private readonly RaftEnvironment environment;
    private readonly MemberId self;
    private readonly long boot;
    private readonly long started;
    private readonly RaftDisk disk;
    private readonly RaftCore core;
    private readonly Feed<MetadataImage> feed;
    private readonly RaftMetrics? metrics;
    private readonly ITimer timer;
    private readonly TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ReplicatedState state;

    // Shared between callers and the loop, under the gate.
    private readonly Lock gate = new();
    private Queue<Proposal> arrived = new();
    private List<(MemberId From, RaftMessage Message)> inbox = [];
    private Queue<Action> posted = new();
    private long nextSequence = 1;
    private int openProposals;
    private int remoteBatches;
    private bool isTurnAsked = true; // until opening is done
    private bool isClosing;
    private bool isFailed;
    private bool isClosed;

    private RaftMetadataLog(RecoveredRaft recovered, RaftOptions options, RaftEnvironment environment)
    {
        this.options = options;
        this.environment = environment;
        self = recovered.Start.Self;
        boot = recovered.Boot;
        disk = recovered.Disk;
        state = recovered.State;
        started = environment.Time.GetTimestamp();
        core = new RaftCore(recovered.Start, options, new Random(environment.Seed), TimeSpan.Zero);
        feed = new Feed<MetadataImage>(state.Image, image => image.Version, typeof(IMetadataLog));
        status = new Feed<StatusFacts>(MakeFacts(0, TimeSpan.Zero), facts => facts.Sequence, typeof(IMetadataQuorum));
        timer = environment.Time.CreateTimer(static log => ((RaftMetadataLog)log!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        metrics = environment.Meters is null ? null : new RaftMetrics(environment.Meters, status);
    }

    public MetadataImage Image => feed.Newest;

    /// <summary>
    /// Creates the member in an empty directory, restores it, or takes over what the program before Raft wrote; reads the disk on the calling thread. A sole
    /// voter shows everything in its image when this returns. Joins the transport: before its first link.
    /// </summary>
    /// <param name="genesis">Of the cluster; counts until the log or a snapshot says otherwise. This node need not be in it: then it waits to be added.</param>
    /// <exception cref="MetadataLogUnusableException">What is stored cannot be used as it is.</exception>
    /// <exception cref="NewerFormatException">A file is of a later version; nothing was changed.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public static RaftMetadataLog Open(ILogDirectory directory, Genesis genesis, RaftOptions options, RaftEnvironment environment)
    {
        UnixMillis now = UnixMillis.From(environment.Time);
        MemberId self = new(environment.Node, environment.Incarnation);
        RecoveredRaft recovered = RaftRecovery.Open(directory, genesis, options, self, now, environment.Logger);
        RaftMetadataLog log = new(recovered, options, environment);
        log.Begin(directory.Path);
        return log;
    }

    /// <summary>
    /// The cluster id that the metadata in a directory has already; null when it has none, or none yet in a snapshot. For the genesis of a cluster of one node.
    /// </summary>
    /// <exception cref="MetadataLogUnusableException">The stored metadata cannot be used as it is.</exception>
    public static string? FindClusterId(ILogDirectory directory)
    {
        OldProgramGuard.RefuseItsFiles(directory);
        RaftSnapshot? snapshot = SnapshotFiles.LoadNewest(directory, []);
        return snapshot is not null && ReplicatedState.ReadSnapshot(snapshot.State.Span, snapshot.Index).TryGet(out ReplicatedState? state, out _) ? state.Image.ClusterId : null;
    }

    public async ValueTask<Result<MetadataOutcome>> ProposeAsync(MetadataCommand command, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (command.Validate() is { } malformed)
        {
            return malformed;
        }

        ArrayBufferWriter<byte> encoded = new();
        MetadataCommandCodec.Encode(command, encoded);
        Proposal proposal = new(command, encoded.WrittenMemory, Now() + options.RequestTimeout);
        if (proposal.Size > options.MaxGroupBytes)
        {
            return new Error(ErrorCode.InvalidArgument, $"the command has {encoded.WrittenCount} bytes, more than a group of {options.MaxGroupBytes} holds");
        }

        return Enqueue(proposal) is { } refused ? refused : await proposal.Answer.UnlessCancelledAsync(cancellationToken);
    }

    public ValueTask<MetadataImage> WaitForChangeAsync(long seenVersion, CancellationToken cancellationToken) =>
        feed.WaitForNewerAsync(seenVersion, cancellationToken);

    /// <summary>Refuses what is new, decides what waits as far as it can be decided soon, closes the log properly and wakes whoever waits.</summary>
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

    private TimeSpan Now() => environment.Time.GetElapsedTime(started);

    private Error? Enqueue(Proposal proposal)
    {
        bool ask;
        lock (gate)
        {
            if (RefusalNow() is { } refused)
            {
                return refused;
            }

            if (openProposals >= options.MaxQueuedProposals)
            {
                return new Error(ErrorCode.Overloaded, $"{openProposals} metadata changes are waiting, the bound; repeat after a pause");
            }

            openProposals++;
            proposal.Sequence = nextSequence++;
            arrived.Enqueue(proposal);
            ask = !isTurnAsked;
            isTurnAsked = true;
        }

        if (ask)
        {
            environment.Loop.Schedule(this);
        }

        return null;
    }

    /// <summary>Under the gate.</summary>
    private Error? RefusalNow()
    {
        if (isClosing)
        {
            return new Error(ErrorCode.ShuttingDown, "the metadata log is closing");
        }

        return isFailed ? new Error(ErrorCode.StorageFailure, "the metadata log stopped after a failure of its disk; restart the node") : null;
    }

    /// <summary>Hands work to the loop. False once it is closed: then nobody does it.</summary>
    private bool Post(Action work)
    {
        bool ask;
        lock (gate)
        {
            if (isClosed)
            {
                return false;
            }

            posted.Enqueue(work);
            ask = !isTurnAsked;
            isTurnAsked = true;
        }

        if (ask)
        {
            environment.Loop.Schedule(this);
        }

        return true;
    }

    private void OnTimer() => Post(() => armedFor = TimeSpan.MaxValue);
}
