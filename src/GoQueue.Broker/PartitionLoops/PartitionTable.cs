using System.Collections.Concurrent;
using GoQueue.Broker.Replication;
using GoQueue.Core.Scheduling;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Topics;
using GoQueue.Replication;
using GoQueue.Storage;
using GoQueue.Storage.Directories;
using Microsoft.Extensions.Logging;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>
/// The partitions this node hosts, kept equal to the metadata image: opens what the image gained, reconfigures what changed, closes and
/// removes what the image says was deleted. One task follows the image (<see cref="FollowAsync"/>), so changes never race.
/// </summary>
/// <remarks>
/// Data is removed only because two successive images show a topic and then its deletion (or a replica and then its reassignment), because the image remembers
/// the deletion, or because an image known to be current says that others hold the partition (<see cref="RemoveStraysAsync"/>); never because the metadata does not mention it (reliability.md section 1, the NATS lesson).
/// </remarks>
internal sealed partial class PartitionTable(BrokerOptions options, BrokerEnvironment environment, ILogDirectory directory, IMetadataLog metadata, BrokerReplication replication)
{
    private readonly ConcurrentDictionary<TopicPartition, PartitionLoop> loops = new();
    private readonly ConcurrentDictionary<TopicPartition, Error> unopenable = new();
    private readonly ConcurrentDictionary<TopicPartition, string> notDurable = new(); // directories that were made and whose names are not on the device yet
    private readonly Lock versionGate = new();
    private readonly List<(long Version, TaskCompletionSource Source)> versionWaiters = [];
    private readonly ConcurrentQueue<(TopicPartition Partition, LeaderSnapshot Snapshot)> startingOver = new();
    private MetadataImage? applied;
    private TaskCompletionSource retryAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Every open partition; the order is not defined.</summary>
    public IEnumerable<PartitionLoop> Loops => loops.Values;

    public int Count => loops.Count;

    /// <summary>Every open partition, by id: for rounds whose order others may see.</summary>
    public IReadOnlyList<PartitionLoop> InOrder() => [.. loops.Values.OrderBy(loop => loop.Partition)];

    /// <summary>The loop of a partition, or why there is none.</summary>
    public bool TryGet(TopicPartition partition, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out PartitionLoop? loop, out Error error)
    {
        if (loops.TryGetValue(partition, out loop))
        {
            error = default;
            return true;
        }

        error = WhyMissing(partition);
        return false;
    }

    /// <summary>Opens everything the image names. A partition that cannot be opened is reported and refuses; the others go on.</summary>
    public async Task OpenAsync()
    {
        directory.Sync(); // partition directories that an earlier start made and did not get to sync
        PartitionLog.SweepDeleted(directory);
        foreach (LogDirectoryEntry entry in directory.List())
        {
            await SweepAsync(entry);
        }

        await ApplyAsync(metadata.Image);
    }

    /// <summary>Follows the image until cancelled.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        Task<MetadataImage>? change = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            change ??= metadata.WaitForChangeAsync(applied?.Version ?? 0, cancellationToken).AsTask();
            await TaskWaiting.EitherAsync(change, retryAsked.Task);
            if (change.IsCompleted)
            {
                MetadataImage image = await change;
                change = null;
                await ApplyAsync(image);
            }
            else
            {
                retryAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);
                await TryUnopenableAgainAsync(); // between two images, so that the two never race
                await RemoveStraysAsync();
                await ReopenCutShortAsync();
                while (beginningAnew.TryDequeue(out TopicPartition damaged))
                {
                    await BeginAnewInTurnAsync(damaged);
                }

                while (startingOver.TryDequeue(out (TopicPartition Partition, LeaderSnapshot Snapshot) over))
                {
                    await StartOverAsync(over.Partition, over.Snapshot);
                }
            }
        }
    }

    /// <summary>Asks the task that follows the image to open what could not be opened, in case it can be now, or has to be opened again, and to remove what belongs elsewhere.</summary>
    public void LookAfterDirectories() => retryAsked.TrySetResult();

    /// <summary>
    /// Asks the task that follows the image to give a follower's log up and begin a new one at its leader's log start, with the leader's snapshot of
    /// the fold: what the log ends with is older than anything the leader still has.
    /// </summary>
    public void StartOver(TopicPartition partition, LeaderSnapshot snapshot)
    {
        startingOver.Enqueue((partition, snapshot));
        retryAsked.TrySetResult();
    }

    /// <summary>Returns when the partitions are as the image of <paramref name="version"/> says.</summary>
    public Task ReachedAsync(long version)
    {
        lock (versionGate)
        {
            if (applied is not null && applied.Version >= version)
            {
                return Task.CompletedTask;
            }

            TaskCompletionSource source = new(TaskCreationOptions.RunContinuationsAsynchronously);
            versionWaiters.Add((version, source));
            return source.Task;
        }
    }

    /// <summary>After <see cref="CloseAsync"/>: no partition failed, so everything that was acknowledged is on the disk (L3).</summary>
    public bool IsClosedCleanly => unopenable.IsEmpty && loops.Values.All(loop => loop.Refusal.Code == ErrorCode.ShuttingDown);

    /// <summary>Closes every partition, in parallel.</summary>
    public Task CloseAsync() => TaskWaiting.AllAsync(loops.Values.Select(loop => loop.CloseAsync()));

    private async Task ApplyAsync(MetadataImage image)
    {
        MetadataImage? before = applied;
        List<Task> work = [];
        foreach (TopicImage topic in before is null ? image.Topics : image.TopicsChangedSince(before.Version))
        {
            PartitionLoopOptions loopOptions = OptionsFor(topic);
            foreach (PartitionImage partition in topic.Partitions)
            {
                work.Add(HostAsync(image, topic, partition, loopOptions));
            }
        }

        foreach (TopicId gone in before is null ? [] : image.TopicsDeletedSince(before.Version))
        {
            RemoveTopic(gone, before!, work);
        }

        if (before is not null && !ReferenceEquals(before.Brokers, image.Brokers))
        {
            ShowBrokers(before, image, work);
        }

        await TaskWaiting.AllAsync(work);
        Publish(image);
    }

    /// <summary>
    /// Opens, changes or removes one partition as the image says. A replica is removed only where two successive images show it and then show it
    /// replaced: a reassignment was committed.
    /// </summary>
    private Task HostAsync(MetadataImage image, TopicImage topic, PartitionImage partition, PartitionLoopOptions loopOptions)
    {
        TopicPartition id = new(topic.Id, partition.Index);
        if (partition.Replicas.Contains(options.Node))
        {
            return OpenOrApplyAsync(id, PartitionViews.Of(image, topic, partition), loopOptions);
        }

        bool wasHere = applied?.TryGetPartition(id, out PartitionImage? known) == true && known.Replicas.Contains(options.Node);
        if (!wasHere)
        {
            return Task.CompletedTask;
        }

        Log.ReplicaRemoved(environment.Logger, id, partition.PartitionEpoch.Value);
        return RemoveAsync(id);
    }

    private void RemoveTopic(TopicId gone, MetadataImage before, List<Task> work)
    {
        if (before.TryGetTopic(gone, out TopicImage? topic))
        {
            Log.TopicDeleted(environment.Logger, topic.Name, gone);
            foreach (PartitionImage partition in topic.Partitions)
            {
                work.Add(RemoveAsync(new TopicPartition(gone, partition.Index)));
            }
        }
    }

    private async Task StartOverAsync(TopicPartition id, LeaderSnapshot snapshot)
    {
        bool isFollowed = loops.TryGetValue(id, out PartitionLoop? loop) && loop.IsFollowing && loop.LogEnd < snapshot.At;
        if (!isFollowed || applied is null || !applied.TryGetTopic(id.Topic, out TopicImage? topic) || !applied.TryGetPartition(id, out PartitionImage? partition))
        {
            if (loop is not null)
            {
                replication.Positioned(loop); // things changed meanwhile: ask again from where it stands
            }

            return;
        }

        Log.StartsOver(environment.Logger, id, loop!.LogEnd, snapshot.LogStart);
        Offset first = snapshot.LogStart;
        loops.TryRemove(id, out _);
        await loop.CloseAsync();
        await RemoveFilesAsync(id.ToString(), id);
        try
        {
            await environment.Committers.RunAsync(() =>
            {
                ILogDirectory own = DirectoryOf(id);
                if (snapshot.Before.Epoch != LeaderEpoch.None)
                {
                    PartitionLog.KeepEpochBefore(own, LogIdentity.Of(id), snapshot.Before);
                }

                PartitionLog.KeepIncomingState(own, LogIdentity.Of(id), snapshot.At, snapshot.State);
                return true;
            });
        }
        catch (IOException failure)
        {
            Log.PartitionUnopenable(environment.Logger, failure, id);
            first = Offset.Zero; // without the snapshot it must not begin where the leader's log does: there it would go on with a fold that lacks what is retired
        }

        await OpenOrApplyAsync(id, PartitionViews.Of(applied, topic, partition), OptionsFor(topic) with { FirstOffset = first });
    }

    private void Publish(MetadataImage image)
    {
        replication.Throttle.Change(image.ReassignmentBytesPerSecond);
        List<TaskCompletionSource> reached;
        lock (versionGate)
        {
            applied = image;
            reached = [.. versionWaiters.Where(waiter => waiter.Version <= image.Version).Select(waiter => waiter.Source)];
            versionWaiters.RemoveAll(waiter => waiter.Version <= image.Version);
        }

        foreach (TaskCompletionSource source in reached)
        {
            source.TrySetResult();
        }
    }

    /// <param name="on">Where to open it; null: where partitions are written.</param>
    private async Task OpenOrApplyAsync(TopicPartition partition, PartitionView view, PartitionLoopOptions loopOptions, ITurnScheduler? on = null)
    {
        if (loops.TryGetValue(partition, out PartitionLoop? known))
        {
            await known.ApplyAsync(view, loopOptions);
            return;
        }

        try
        {
            PartitionLoop loop = await (on ?? environment.Committers).RunAsync(() =>
                PartitionLoop.Open(partition, options.Node, DirectoryOf(partition), loopOptions, environment, replication));
            unopenable.TryRemove(partition, out _);
            Invariant.Check(loops.TryAdd(partition, loop), "a partition is opened once");
            await loop.ApplyAsync(view, null);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvariantViolationException)
        {
            if (!unopenable.ContainsKey(partition))
            {
                Log.PartitionUnopenable(environment.Logger, failure, partition);
            }

            ErrorCode code = failure is DiskFullException ? ErrorCode.DiskFull : ErrorCode.StorageFailure;
            unopenable[partition] = new Error(code, $"partition {partition} cannot be opened: {failure.Message}");
        }
    }

    /// <summary>
    /// The partition's directory, durable before anything in it is acknowledged. One whose name could not be made durable holds nothing yet, and is made anew: a
    /// sync that failed once may succeed the next time without having done anything.
    /// </summary>
    private ILogDirectory DirectoryOf(TopicPartition partition)
    {
        string name = partition.ToString();
        if (notDurable.ContainsKey(partition))
        {
            directory.DeleteSubdirectory(name);
        }

        bool isNew = !directory.Exists(name);
        if (isNew)
        {
            notDurable[partition] = name;
        }

        ILogDirectory own = directory.Subdirectory(name);
        if (isNew)
        {
            directory.Sync();
            notDurable.TryRemove(partition, out _);
        }

        return own;
    }

    private async Task RemoveAsync(TopicPartition partition)
    {
        if (loops.TryRemove(partition, out PartitionLoop? loop))
        {
            await loop.CloseAsync();
        }

        unopenable.TryRemove(partition, out _);
        await RemoveFilesAsync(partition.ToString(), partition);
    }

    private async Task RemoveFilesAsync(string name, TopicPartition partition)
    {
        try
        {
            await environment.Readers.RunAsync(() =>
            {
                PartitionLog.Delete(directory, name);
                PartitionLog.Delete(directory, name + DamagedSuffix);
                return true;
            });
        }
        catch (IOException failure)
        {
            Log.RemovalFailed(environment.Logger, failure, partition);
        }
    }

    /// <summary>At start: finishes removals that a crash cut short; directories that nobody knows are reported and left alone.</summary>
    private async Task SweepAsync(LogDirectoryEntry entry)
    {
        if (!entry.IsDirectory || !TryParse(entry.Name, out TopicPartition id))
        {
            return;
        }

        if (metadata.Image.IsDeleted(id.Topic))
        {
            await RemoveFilesAsync(entry.Name, id);
        }
        else if (!metadata.Image.TryGetTopic(id.Topic, out _))
        {
            Log.OrphanDirectory(environment.Logger, entry.Name);
        }
    }

    private PartitionLoopOptions OptionsFor(TopicImage topic) => new()
    {
        Topic = topic.Settings,
        MaxPendingBytes = options.MaxPendingBytesPerPartition,
        MaxPendingBatches = options.MaxPendingBatchesPerPartition,
        MaxGroupBytes = options.MaxGroupBytes,
        TailCacheBytes = options.TailCacheBytesPerPartition,
        MaxSegmentBytes = options.MaxSegmentBytes,
        ProducerIdle = options.ProducerIdle,
        Replica = options.Replication.Replica,
    };

    private Error WhyMissing(TopicPartition partition)
    {
        if (unopenable.TryGetValue(partition, out Error error))
        {
            return error;
        }

        if (!metadata.Image.TryGetTopic(partition.Topic, out TopicImage? topic))
        {
            return new Error(ErrorCode.UnknownTopic, $"no topic has id {partition.Topic}");
        }

        if (partition.Partition.Value < 0 || partition.Partition.Value >= topic.Partitions.Count)
        {
            return new Error(ErrorCode.UnknownPartition, $"topic {topic.Name} has partitions 0 to {topic.Partitions.Count - 1}, not {partition.Partition}");
        }

        PartitionImage image = topic.Partitions[partition.Partition.Value];
        return image.Replicas.Contains(options.Node)
            ? new Error(ErrorCode.NotLeader, $"partition {partition.Partition} of topic {topic.Name} is not open yet")
            : new Error(ErrorCode.NotLeader, $"partition {partition.Partition} of topic {topic.Name} is not on {options.Node}: {image.Leader?.ToString() ?? "nobody"} leads it in epoch {image.LeaderEpoch}");
    }
}
