using System.Collections.Concurrent;
using GoQueue.Broker.Replication;
using GoQueue.Core;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Topics;
using GoQueue.Storage;
using GoQueue.Storage.Directories;

namespace GoQueue.Broker.PartitionLoops;

/// <content>Directories that do not go by themselves the way the image says: those that cannot be opened, and those that belong elsewhere.</content>
internal sealed partial class PartitionTable
{
    /// <summary>Pause between two reports of the same partition that failed or cannot be opened.</summary>
    private static readonly TimeSpan reportPause = TimeSpan.FromSeconds(5);

    /// <summary>Pause between two attempts to open what had no room.</summary>
    private static readonly TimeSpan starvedPause = TimeSpan.FromSeconds(1);

    /// <summary>Ends the name of a directory with damaged files that were put aside. Removed with the partition, and when the next one comes.</summary>
    private const string DamagedSuffix = ".damaged";

    private readonly ConcurrentQueue<TopicPartition> beginningAnew = new();
    private readonly Dictionary<TopicPartition, TimeSpan> reported = [];
    private readonly SortedDictionary<TopicPartition, TimeSpan> strays = []; // since when
    private readonly Lock reportGate = new();
    private TimeSpan starvedAt;

    private TimeSpan Now => environment.Time.GetElapsedTime(0);

    /// <summary>
    /// Partitions that could not be opened here, or whose log failed or is damaged: the others go on without this replica where they can, and are asked to again while the metadata
    /// counts on it, because the first report may be lost, and a registration that comes after the failure puts the replica back into play. Any thread.
    /// </summary>
    public IReadOnlyList<TopicPartition> TakeUnusableToReport()
    {
        MetadataImage image = metadata.Image;
        List<TopicPartition> unusable = [.. unopenable.Keys, .. loops.Values.Where(loop => loop.HasFailed || loop.IsDamaged).Select(loop => loop.Partition)];
        if (unusable.Count == 0 || !IsRegisteredIn(image))
        {
            return [];
        }

        List<TopicPartition> due = [];
        lock (reportGate)
        {
            foreach (TopicPartition id in unusable.Order())
            {
                bool counts = image.TryGetPartition(id, out PartitionImage? partition) && (partition.Leader == options.Node || partition.InSync.Contains(options.Node));
                bool isDue = !reported.TryGetValue(id, out TimeSpan last) || Now - last >= reportPause;
                if (counts && isDue)
                {
                    reported[id] = Now;
                    due.Add(id);
                }
            }
        }

        return due;
    }

    /// <summary>Asks for what had no room to be opened to be tried again, once a second: room comes back without a word. Any thread.</summary>
    public void TryStarvedAgain()
    {
        if (unopenable.IsEmpty || !unopenable.Values.Any(error => error.Code == ErrorCode.DiskFull))
        {
            return;
        }

        lock (reportGate)
        {
            if (Now - starvedAt < starvedPause)
            {
                return;
            }

            starvedAt = Now;
        }

        retryAsked.TrySetResult();
    }

    /// <summary>Room may be there now, or the device may answer again. What fails again stays refused.</summary>
    private async Task TryUnopenableAgainAsync()
    {
        if (unopenable.IsEmpty || applied is not { } image)
        {
            return;
        }

        foreach (TopicImage topic in image.Topics)
        {
            foreach (PartitionImage partition in topic.Partitions)
            {
                TopicPartition id = new(topic.Id, partition.Index);
                if (unopenable.ContainsKey(id))
                {
                    await OpenOrApplyAsync(id, PartitionViews.Of(image, topic, partition), OptionsFor(topic));
                    if (loops.ContainsKey(id))
                    {
                        Log.PartitionOpenedLater(environment.Logger, id);
                    }
                }
            }
        }
    }

    /// <summary>
    /// Opens logs again whose file was cut short under them, as a restart of the node would: recovery marks what is lost, and the replica goes the way of any that is damaged
    /// (<see cref="DamagedReplicas"/>). It does not lead again in the epoch in which it stopped, if there are others.
    /// </summary>
    private async Task ReopenCutShortAsync()
    {
        foreach (PartitionLoop stopped in InOrder().Where(loop => loop.MustReopen))
        {
            TopicPartition id = stopped.Partition;
            MetadataImage image = metadata.Image;
            if (!image.TryGetTopic(id.Topic, out TopicImage? topic) || !image.TryGetPartition(id, out PartitionImage? partition) || !partition.Replicas.Contains(options.Node))
            {
                continue; // the next image removes it
            }

            loops.TryRemove(id, out _);
            await stopped.CloseAsync();
            await OpenOrApplyAsync(id, PartitionViews.Of(image, topic, partition), OptionsFor(topic) with { KnownDamage = stopped.DamagedAt }, environment.Readers);
        }
    }

    /// <summary>
    /// Asks the task that follows the image to put a damaged log aside and begin a new one. The image must hold what proves that nobody counts on the old one
    /// (<see cref="DamagedReplicas"/>). Any thread.
    /// </summary>
    public void BeginAnew(TopicPartition partition)
    {
        beginningAnew.Enqueue(partition);
        retryAsked.TrySetResult();
    }

    private async Task BeginAnewInTurnAsync(TopicPartition id)
    {
        // The newest image, and not the one applied last: under an older one this node might lead, with the empty log.
        MetadataImage image = metadata.Image;
        bool isLeft = DamagedReplicas.IsLeftTo(image, id, options.Node, out PartitionImage? partition);
        if (!isLeft || !image.TryGetTopic(id.Topic, out TopicImage? topic) || !loops.TryGetValue(id, out PartitionLoop? loop) || !loop.IsDamaged)
        {
            return;
        }

        loops.TryRemove(id, out _);
        Log.BeginsAnew(environment.Logger, id, loop.DamagedAt, partition!.Leader!.Value, id + DamagedSuffix);
        await loop.CloseAsync();
        try
        {
            await environment.Readers.RunAsync(() =>
            {
                string aside = id + DamagedSuffix;
                PartitionLog.Delete(directory, aside); // of an earlier time
                directory.Rename(id.ToString(), aside);
                directory.Sync();
                return true;
            });
        }
        catch (IOException failure)
        {
            Log.PartitionUnopenable(environment.Logger, failure, id);
        }

        await OpenOrApplyAsync(id, PartitionViews.Of(image, topic, partition!), OptionsFor(topic));
    }

    /// <summary>
    /// Removes replicas that a reassignment took away while this node was down. Never on a hint: the image must hold this process's own registration, which was committed
    /// after the process started, so it is no older than what was committed then; it must name the partition and other nodes for it, enough of them in sync; and it
    /// must have said so for a while. A partition that the image does not mention is left alone.
    /// </summary>
    private async Task RemoveStraysAsync()
    {
        if (applied is not { } image || !IsRegisteredIn(image))
        {
            return;
        }

        SortedSet<TopicPartition> found = [];
        foreach (LogDirectoryEntry entry in directory.List())
        {
            if (entry.IsDirectory && TryParse(entry.Name, out TopicPartition id) && IsElsewhere(image, id))
            {
                found.Add(id);
                strays.TryAdd(id, Now);
            }
        }

        foreach (TopicPartition gone in strays.Keys.Where(id => !found.Contains(id)).ToList())
        {
            strays.Remove(gone); // back, or removed
        }

        foreach (TopicPartition due in strays.Where(stray => Now - stray.Value >= options.StrayReplicaDelay).Select(stray => stray.Key).ToList())
        {
            strays.Remove(due);
            Log.StrayRemoved(environment.Logger, due);
            await RemoveFilesAsync(due.ToString(), due);
        }
    }

    private bool IsRegisteredIn(MetadataImage image) =>
        !environment.Registration.Value.IsNone && image.TryGetBroker(options.Node, out BrokerImage? self) && self.Epoch == environment.Registration.Value;

    private bool IsElsewhere(MetadataImage image, TopicPartition id)
    {
        bool isKnown = image.TryGetTopic(id.Topic, out TopicImage? topic) && image.TryGetPartition(id, out _);
        if (!isKnown || loops.ContainsKey(id) || unopenable.ContainsKey(id))
        {
            return false;
        }

        PartitionImage partition = topic!.Partitions[id.Partition.Value];
        int wanted = Math.Min(topic.Settings.MinInSyncReplicas, partition.Replicas.Count);
        return !partition.Replicas.Contains(options.Node) && !partition.Adding.Contains(options.Node) && partition.Leader is not null && partition.InSync.Count >= wanted;
    }

    private static bool TryParse(string name, out TopicPartition id)
    {
        int dash = name.LastIndexOf('-');
        id = default;
        if (dash < 0 || !TopicId.TryParse(name[..dash], out TopicId topic) || !int.TryParse(name[(dash + 1)..], out int index) || index < 0)
        {
            return false;
        }

        id = new TopicPartition(topic, new PartitionIndex(index));
        return name == id.ToString();
    }
}
