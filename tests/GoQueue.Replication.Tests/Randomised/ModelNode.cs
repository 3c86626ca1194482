using GoQueue.Core;

namespace GoQueue.Replication.Tests.Randomised;

/// <summary>One node of the model: its log and the production replica over it. A restart makes a new replica over the log that the crash left.</summary>
internal sealed class ModelNode(NodeId id, ReplicaOptions options)
{
    public NodeId Id { get; } = id;

    public ModelLog Log { get; } = new();

    public PartitionReplica Replica { get; private set; } = new(id, options);

    public bool IsUp { get; set; } = true;

    /// <summary>What the node's disk says of the start: its promise, and what it heard a leader tell when it noted that.</summary>
    public (Offset Promised, Offset Told) Start { get; private set; }

    public BrokerEpoch BrokerEpoch { get; set; }

    /// <summary>Publishes whose answer waits, as (offset behind the record, value).</summary>
    public List<(int End, int Value)> Awaiting { get; } = [];

    /// <summary>Largest watermark seen in the leadership of <see cref="WatermarkEpoch"/>, for invariant c.</summary>
    public Offset SeenWatermark { get; set; }

    public LeaderEpoch WatermarkEpoch { get; set; } = LeaderEpoch.None;

    public void Restart()
    {
        Replica = new PartitionReplica(Id, options);
        Replica.Open(Offset.Zero, new Offset(Log.Durable), Offset.Zero, Start.Promised, Start.Told);
        Awaiting.Clear();
        SeenWatermark = Offset.Zero;
        WatermarkEpoch = LeaderEpoch.None;
    }

    /// <summary>What the host of a replica does with a newer committed view.</summary>
    public void Take(PartitionView view, TimeSpan now)
    {
        PartitionView known = Replica.View;
        if (view.LeaderEpoch < known.LeaderEpoch || view.PartitionEpoch < known.PartitionEpoch)
        {
            return;
        }

        if (view.Leader is null || !view.Holds(Id))
        {
            Replica.Stop(view);
            Awaiting.Clear();
        }
        else if (view.Leader != Id)
        {
            Awaiting.Clear(); // answered "outcome unknown"
            FollowerStep step = Replica.BecomeFollower(view);
            if (step.Move == FollowerMove.Truncate)
            {
                Log.TruncateTo((int)step.TruncateTo.Value);
                WasCut();
            }
            else
            {
                Flush(now); // a follower asks from its durable end
            }
        }
        else if (Replica.Role == ReplicaRole.Leader && view.LeaderEpoch == Replica.Epoch)
        {
            Replica.ViewChanged(view, now);
        }
        else
        {
            Log.Assign(view.LeaderEpoch.Value);
            Log.Flush();
            Replica.BecomeLeader(view, new Offset(Log.End), new Offset(Log.Durable), now);
        }
    }

    public void Flush(TimeSpan now)
    {
        Log.Flush();
        Replica.LogBecameDurable(new Offset(Log.Durable), now);
        KeepPromise();
    }

    public void Promise(Offset start)
    {
        Start = (start, Replica.LogStart);
        Replica.PromiseStart(start);
    }

    /// <summary>What a follower does when it knows what its leader promises to be committed.</summary>
    public void KeepPromise()
    {
        if (!Replica.DuePromise.IsNone)
        {
            Promise(Replica.DuePromise);
        }
    }

    public void Wipe()
    {
        Log.Wipe();
        Start = default;
    }

    /// <summary>The log ends at its new end; what was promised of the rest is void.</summary>
    public void WasCut()
    {
        Replica.LogWasCut(new Offset(Log.End));
        Start = (Replica.PromisedStart, Replica.LogStart);
    }
}
