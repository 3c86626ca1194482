using GoQueue.Core;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Broker.Tests.Controller;

/// <summary>One metadata state for several nodes, with a leader that the test names. A node that is cut off decides nothing and sees nothing new.</summary>
internal sealed class SharedMetadata
{
    private readonly List<NodeMetadata> nodes = [];
    private long position;

    public MetadataState State { get; } = new();

    public NodeId? Leader { get; private set; }

    public long Term { get; private set; }

    public List<QuorumMember> Members { get; } = [];

    public SortedSet<NodeId> Learners { get; } = [];

    /// <summary>What the leader says of its contact with other members.</summary>
    public TimeSpan SilentFor { get; set; }

    /// <summary>Every quorum step asked for.</summary>
    public List<string> Steps { get; } = [];

    /// <summary>Every command decided, in order.</summary>
    public List<MetadataCommand> Log { get; } = [];

    public void Lead(NodeId? node)
    {
        Leader = node;
        Term++;
        nodes.ForEach(static node => node.Changed());
    }

    public NodeMetadata Join(NodeId node)
    {
        NodeMetadata joined = new(this, node);
        nodes.Add(joined);
        return joined;
    }

    public MetadataOutcome Decide(MetadataCommand command)
    {
        Log.Add(command);
        MetadataOutcome outcome = State.Apply(command, position++);
        nodes.ForEach(static node => node.Changed());
        return outcome;
    }
}

/// <summary>What one node has of it.</summary>
internal sealed class NodeMetadata : IMetadataLog, IMetadataQuorum
{
    private readonly SharedMetadata shared;
    private readonly NodeId self;
    private TaskCompletionSource changed = New();
    private long sequence;

    public NodeMetadata(SharedMetadata shared, NodeId self)
    {
        this.shared = shared;
        this.self = self;
        Image = shared.State.Image;
    }

    public bool IsCutOff { get; set; }

    /// <summary>The next proposal made here ends with a failure that nobody expects.</summary>
    public bool FailsNext { get; set; }

    public MetadataImage Image { get; private set; }

    public QuorumStatus Status => new()
    {
        Sequence = sequence,
        Leader = shared.Leader,
        IsLeader = shared.Leader == self && !IsCutOff,
        Term = shared.Term,
        CommitIndex = shared.State.Image.Version,
        AppliedIndex = Image.Version,
        Members = [.. shared.Members.Select(member => new QuorumMemberStatus(
            member, shared.Learners.Contains(member.Node) ? QuorumRole.Learner : QuorumRole.Voter, null, shared.SilentFor, IsCaughtUp: true))],
    };

    public void Changed()
    {
        if (!IsCutOff)
        {
            Image = shared.State.Image;
            sequence++;
            TaskCompletionSource waiting = changed;
            changed = New();
            waiting.SetResult();
        }
    }

    public async ValueTask<Result<MetadataOutcome>> ProposeAsync(MetadataCommand command, CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (FailsNext)
        {
            FailsNext = false;
            throw new InvalidOperationException("a failure of the test");
        }

        if (IsCutOff || shared.Leader is null)
        {
            return new Error(ErrorCode.MetadataUnavailable, "cut off");
        }

        return shared.Decide(command);
    }

    public async ValueTask<MetadataImage> WaitForChangeAsync(long seenVersion, CancellationToken cancellationToken)
    {
        while (Image.Version <= seenVersion)
        {
            await changed.Task.UnlessCancelledAsync(cancellationToken);
        }

        return Image;
    }

    public async ValueTask WaitForStatusChangeAsync(long seen, CancellationToken cancellationToken)
    {
        while (sequence <= seen)
        {
            await changed.Task.UnlessCancelledAsync(cancellationToken);
        }
    }

    public async ValueTask<Result<long>> ReadIndexAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        return IsCutOff || shared.Leader is null ? new Error(ErrorCode.MetadataUnavailable, "cut off") : Image.Version;
    }

    public ValueTask<Error?> TransferLeadershipAsync(NodeId target, CancellationToken cancellationToken) => Step($"lead {target}", () => shared.Lead(target));

    public ValueTask<Error?> AddLearnerAsync(QuorumMember member, CancellationToken cancellationToken) => Step($"add {member.Node} {member.Incarnation}", () =>
    {
        shared.Members.Add(member);
        shared.Learners.Add(member.Node);
    });

    public ValueTask<Error?> PromoteAsync(NodeId node, Guid incarnation, CancellationToken cancellationToken) => Step($"promote {node}", () => shared.Learners.Remove(node));

    public ValueTask<Error?> RemoveAsync(NodeId node, Guid incarnation, CancellationToken cancellationToken) => Step($"remove {node} {incarnation}", () =>
    {
        shared.Members.RemoveAll(member => member.Node == node && member.Incarnation == incarnation);
        shared.Learners.Remove(node);
    });

    public ValueTask DisposeAsync() => default;

    private ValueTask<Error?> Step(string what, Action change)
    {
        shared.Steps.Add(what);
        change();
        return default;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
