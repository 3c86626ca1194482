using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Core.Scheduling;
using GoQueue.Storage.Directories;
using Microsoft.Extensions.Logging;

namespace GoQueue.Consensus.Formation;

/// <summary>
/// Drives <see cref="FormationMachine"/>: tells other nodes its view and hears theirs, and keeps its record on the disk. Made before the transport
/// starts; answers others for as long as the node runs, because a node that comes late learns of the cluster that way.
/// </summary>
public sealed class ClusterFormation
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan FindEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SayFirst = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly FormationOptions options;
    private readonly FormationEnvironment environment;
    private readonly FormationFile file;
    private readonly FormationMachine machine;
    private readonly long started;
    private readonly SortedSet<NodeId> beingAsked = [];
    private readonly SortedDictionary<NodeId, PeerAddress> known = [];
    private FormationRecord? saved;
    private Exception? broken;
    private TaskCompletionSource changed = NewSignal();

    /// <exception cref="MetadataLogUnusableException">The record of the directory cannot be read.</exception>
    public ClusterFormation(FormationOptions options, FormationEnvironment environment, ILogDirectory directory)
    {
        this.options = options;
        this.environment = environment;
        file = new FormationFile(directory);
        saved = file.Load();
        machine = new FormationMachine(options, saved, environment.NewId);
        started = environment.Time.GetTimestamp();
        foreach (PeerAddress member in options.Members)
        {
            known[member.Node] = member;
        }

        environment.Transport.OnCall(PeerMessageKind.FormationView, AnswerAsync);
        environment.Transport.OnLinkChange(_ => Wake());
    }

    /// <summary>What the disk holds; null on an empty one.</summary>
    public FormationRecord? Record
    {
        get
        {
            lock (gate)
            {
                return saved;
            }
        }
    }

    /// <summary>Where nodes are, by node id: the static list, or who was found by the name.</summary>
    public IReadOnlyList<PeerAddress> Known
    {
        get
        {
            lock (gate)
            {
                return [.. known.Values];
            }
        }
    }

    /// <summary>
    /// Completes when the cluster is decided, with this node as a member of its genesis (stage formed) or as one that has to join it. At once when that
    /// was so at the start.
    /// </summary>
    /// <exception cref="MetadataLogUnusableException">The node cannot become part of the cluster that it found.</exception>
    public async Task<FormationRecord> RunAsync(CancellationToken cancellationToken)
    {
        if (Record is { IsDecided: true } already)
        {
            return already;
        }

        using CancellationTokenSource finding = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task finder = FindAsync(finding.Token);
        try
        {
            return await AgreeAsync(cancellationToken);
        }
        finally
        {
            finding.Cancel();
            await finder;
        }
    }

    /// <summary>The cluster took this disk as a learner; from now on the node does not ask for that any more.</summary>
    public void MarkJoined()
    {
        lock (gate)
        {
            machine.Joined();
            SaveIfChanged();
        }
    }

    private async Task<FormationRecord> AgreeAsync(CancellationToken cancellationToken)
    {
        TimeSpan sayAt = SayFirst;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task change;
            FormationRecord? record;
            string problem;
            lock (gate)
            {
                machine.Advance(Now);
                SaveIfChanged();
                change = changed.Task;
                record = saved;
                problem = machine.Problem;
                if (machine.Fatal is { } fatal)
                {
                    throw new MetadataLogUnusableException(fatal);
                }
            }

            if (record is { IsDecided: true })
            {
                await TaskWaiting.AllAsync(AskAll(cancellationToken)); // the news for the others, so that they need not ask
                Log.Formed(environment.Logger, record.Genesis.ClusterId, record.Stage, string.Join(", ", record.Genesis.Voters.Select(member => member.Node)));
                return record;
            }

            if (Now >= sayAt)
            {
                sayAt = Now + SayEvery;
                Log.StillForming(environment.Logger, problem);
            }

            _ = AskAll(cancellationToken);
            await TaskWaiting.EitherAsync(change, Task.Delay(AskEvery, environment.Time, cancellationToken));
        }
    }

    /// <summary>Tells every known node the view of this one and hears theirs; who still owes an answer is left alone.</summary>
    private Task[] AskAll(CancellationToken cancellationToken)
    {
        List<Task> asked = [];
        SharedBuffer view;
        List<NodeId> nodes = [];
        lock (gate)
        {
            if (broken is not null)
            {
                return [];
            }

            view = machine.View.Encode();
            foreach (NodeId node in known.Keys)
            {
                if (node != options.Self && beingAsked.Add(node))
                {
                    nodes.Add(node);
                }
            }
        }

        foreach (NodeId node in nodes)
        {
            asked.Add(AskAsync(node, view.Retain(), cancellationToken));
        }

        view.Release();
        return [.. asked];
    }

    /// <summary>Never fails: who does not answer is asked again.</summary>
    private async Task AskAsync(NodeId node, SharedBuffer view, CancellationToken cancellationToken)
    {
        Guid? diskBefore = DiskOf(node);
        try
        {
            Result<SharedBuffer> answer = await environment.Transport.CallAsync(node, PeerMessageKind.FormationView, PeerChannel.Control, view, AnswerWithin, cancellationToken);
            Answered(node); // before it is looked at: what follows from it must reach this node too
            if (answer.IsOk)
            {
                using SharedBuffer bytes = answer.Value;
                if (FormationView.Decode(bytes.Span).TryGet(out FormationView? theirs, out _) && theirs.Node == node)
                {
                    ObserveAnswer(theirs, diskBefore);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Formation ends.
        }
        catch (Exception)
        {
            Invariant.Check(broken is not null, "only the disk fails here, and then formation ends with that");
        }
        finally
        {
            Answered(node);
        }
    }

    private void Answered(NodeId node)
    {
        lock (gate)
        {
            beingAsked.Remove(node);
        }
    }

    private ValueTask<Result<PeerReply>> AnswerAsync(PeerMessage message, CancellationToken cancellationToken)
    {
        if (!FormationView.Decode(message.Payload.Span).TryGet(out FormationView? theirs, out Error damaged))
        {
            return ValueTask.FromResult<Result<PeerReply>>(damaged);
        }

        if (theirs.Node != message.From || theirs.Incarnation != message.Incarnation)
        {
            return ValueTask.FromResult<Result<PeerReply>>(new Error(ErrorCode.MalformedRequest, $"node {message.From} spoke as node {theirs.Node}"));
        }

        Observe(theirs);
        lock (gate)
        {
            return ValueTask.FromResult<Result<PeerReply>>(broken is null
                ? new PeerReply(machine.View.Encode())
                : new Error(ErrorCode.StorageFailure, $"node {options.Self} cannot keep what it accepts"));
        }
    }

    /// <summary>An answer that another disk of the node overtook, by a link of its own, is too old to be believed.</summary>
    private void ObserveAnswer(FormationView view, Guid? diskBefore)
    {
        lock (gate)
        {
            Guid? diskNow = machine.DiskOf(view.Node);
            if (diskNow == diskBefore || diskNow == view.Incarnation)
            {
                Observe(view);
            }
        }
    }

    private Guid? DiskOf(NodeId node)
    {
        lock (gate)
        {
            return machine.DiskOf(node);
        }
    }

    private void Observe(FormationView view)
    {
        lock (gate)
        {
            if (broken is not null)
            {
                return;
            }

            machine.Observe(view, Now);
            SaveIfChanged();
            if (machine.Fatal is not null)
            {
                Wake();
            }
        }
    }

    /// <summary>Under the gate. A record that could not be made durable is shown to nobody: formation ends with the failure.</summary>
    private void SaveIfChanged()
    {
        if (broken is { } before)
        {
            throw new IOException("formation cannot go on", before);
        }

        if (machine.Record is not { } record || ReferenceEquals(record, saved))
        {
            return;
        }

        try
        {
            file.Save(record);
        }
        catch (Exception failure)
        {
            broken = failure;
            Wake();
            throw;
        }

        saved = record;
        Log.FormationStep(environment.Logger, record.Stage, record.Proposal.Coordinator, record.Proposal.Attempt);
        Wake();
    }

    private async Task FindAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (environment.Finder is { } finder)
            {
                Found(await finder.FindAsync(cancellationToken));
                await Task.Delay(FindEvery, environment.Time, cancellationToken);
            }

            Found([]);
        }
        catch (OperationCanceledException)
        {
            // Formation ends.
        }
    }

    /// <summary>Nodes once found stay known: a name that resolves to less for a moment takes nobody away.</summary>
    private void Found(IReadOnlyList<PeerAddress> found)
    {
        lock (gate)
        {
            foreach (PeerAddress address in found)
            {
                known[address.Node] = address;
                machine.Know(address);
            }

            environment.Transport.SetPeers([.. known.Values]);
            Wake();
        }
    }

    private TimeSpan Now => environment.Time.GetElapsedTime(started);

    private void Wake()
    {
        TaskCompletionSource signal;
        lock (gate)
        {
            signal = changed;
            changed = NewSignal();
        }

        signal.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
