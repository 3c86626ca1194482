using System.Collections.Concurrent;
using GoQueue.Core.Scheduling;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Topics;
using GoQueue.Storage;
using GoQueue.Storage.Directories;
using Microsoft.Extensions.Logging;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>
/// The partitions this node hosts, kept equal to the metadata image: opens what the image gained, reconfigures what changed, closes and
/// removes what the image says was deleted. One task follows the image (<see cref="FollowAsync"/>), so changes never race.
/// </summary>
/// <remarks>
/// Data is removed only because two successive images show a topic and then its deletion, or because the
/// image remembers the deletion; never because the metadata does not mention it (reliability.md section 1, the NATS lesson).
/// </remarks>
internal sealed class PartitionTable(BrokerOptions options, BrokerEnvironment environment, ILogDirectory directory, IMetadataLog metadata)
{
    private readonly ConcurrentDictionary<TopicPartition, PartitionLoop> loops = new();
    private readonly ConcurrentDictionary<TopicPartition, Error> unopenable = new();
    private readonly Lock versionGate = new();
    private readonly List<(long Version, TaskCompletionSource Source)> versionWaiters = [];
    private MetadataImage? applied;
    private TaskCompletionSource retryAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Every open partition; the order is not defined.</summary>
    public IEnumerable<PartitionLoop> Loops => loops.Values;

    public int Count => loops.Count;

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
                await OpenThoseWithoutRoomAsync(); // between two images, so that the two never race
            }
        }
    }

    /// <summary>Asks the task that follows the image to open what had no room on the disk, in case there is some now.</summary>
    public void RetryThoseWithoutRoom()
    {
        if (!unopenable.IsEmpty)
        {
            retryAsked.TrySetResult();
        }
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

    /// <summary>Closes every partition, in parallel.</summary>
    public Task CloseAsync() => TaskWaiting.AllAsync(loops.Values.Select(loop => loop.CloseAsync()));

    private async Task ApplyAsync(MetadataImage image)
    {
        MetadataImage? before = applied;
        List<Task> work = [];
        foreach (TopicImage topic in image.Topics)
        {
            TopicImage? known = null;
            before?.TryGetTopic(topic.Id, out known);
            if (ReferenceEquals(known, topic))
            {
                continue;
            }

            foreach (PartitionImage partition in topic.Partitions)
            {
                work.Add(OpenOrReconfigureAsync(topic, partition));
            }
        }

        foreach (TopicImage gone in before?.Topics.Where(topic => !image.TryGetTopic(topic.Id, out _)) ?? [])
        {
            Log.TopicDeleted(environment.Logger, gone.Name, gone.Id);
            foreach (PartitionImage partition in gone.Partitions)
            {
                work.Add(RemoveAsync(new TopicPartition(gone.Id, partition.Index)));
            }
        }

        await TaskWaiting.AllAsync(work);
        Publish(image);
    }

    private async Task OpenThoseWithoutRoomAsync()
    {
        foreach (TopicImage topic in applied?.Topics ?? [])
        {
            foreach (PartitionImage partition in topic.Partitions)
            {
                if (unopenable.TryGetValue(new TopicPartition(topic.Id, partition.Index), out Error why) && why.Code == ErrorCode.DiskFull)
                {
                    await OpenOrReconfigureAsync(topic, partition);
                }
            }
        }
    }

    private void Publish(MetadataImage image)
    {
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

    private async Task OpenOrReconfigureAsync(TopicImage topic, PartitionImage image)
    {
        TopicPartition partition = new(topic.Id, image.Index);
        PartitionLoopOptions loopOptions = OptionsFor(topic);
        if (loops.TryGetValue(partition, out PartitionLoop? known))
        {
            known.Reconfigure(loopOptions);
            return;
        }

        try
        {
            PartitionLoop loop = await environment.Committers.RunAsync(() =>
                PartitionLoop.Open(partition, image.LeaderEpoch, options.Node, DirectoryOf(partition), loopOptions, environment));
            unopenable.TryRemove(partition, out _);
            Invariant.Check(loops.TryAdd(partition, loop), "a partition is opened once");
        }
        catch (IOException failure)
        {
            if (!unopenable.ContainsKey(partition))
            {
                Log.PartitionUnopenable(environment.Logger, failure, partition);
            }

            ErrorCode code = failure is DiskFullException ? ErrorCode.DiskFull : ErrorCode.StorageFailure;
            unopenable[partition] = new Error(code, $"partition {partition} cannot be opened: {failure.Message}");
        }
    }

    /// <summary>The partition's directory, durable before anything in it is acknowledged.</summary>
    private ILogDirectory DirectoryOf(TopicPartition partition)
    {
        string name = partition.ToString();
        bool isNew = !directory.Exists(name);
        ILogDirectory own = directory.Subdirectory(name);
        if (isNew)
        {
            directory.Sync();
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
        int dash = entry.Name.LastIndexOf('-');
        if (!entry.IsDirectory || dash < 0 || !TopicId.TryParse(entry.Name[..dash], out TopicId topic) || !int.TryParse(entry.Name[(dash + 1)..], out int index))
        {
            return;
        }

        if (metadata.Image.IsDeleted(topic))
        {
            await RemoveFilesAsync(entry.Name, new TopicPartition(topic, new PartitionIndex(index)));
        }
        else if (!metadata.Image.TryGetTopic(topic, out _))
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
        ProducerIdle = options.ProducerIdle,
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

        return partition.Partition.Value >= 0 && partition.Partition.Value < topic.Partitions.Count
            ? new Error(ErrorCode.NotLeader, $"partition {partition.Partition} of topic {topic.Name} is not open yet")
            : new Error(ErrorCode.UnknownPartition, $"topic {topic.Name} has partitions 0 to {topic.Partitions.Count - 1}, not {partition.Partition}");
    }
}
