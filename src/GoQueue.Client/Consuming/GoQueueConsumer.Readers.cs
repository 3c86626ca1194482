using System.Runtime.CompilerServices;
using System.Threading.Channels;
using GoQueue.Client.Consuming;
using GoQueue.Client.Topics;
using GoQueue.Client.Transport;
using GoQueue.Core;

namespace GoQueue.Client;

/// <content>The readers of the partitions: begun, replaced, ended, and given back what they hold.</content>
public sealed partial class GoQueueConsumer
{
    /// <summary>Starts the readers that are missing: all of them at first, later those that failed.</summary>
    private async Task StartAsync(CancellationToken cancellationToken)
    {
        int[] wanted = partitions ?? await FindPartitionsAsync(cancellationToken).ConfigureAwait(false);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
            partitions ??= wanted;
            foreach (int partition in partitions)
            {
                if (!readers.ContainsKey(partition) && !finished.Contains(partition))
                {
                    StartReader(partition);
                }
            }
        }

        watch ??= context.Catalog.Watch(context.Options.Topic, LayoutChanged);
        if (context.Catalog.Find(context.Options.Topic) is { } newest)
        {
            LayoutChanged(newest); // what changed before it was watched
        }
    }

    /// <summary>News of the topic. Partitions that were added are read from their start: all that is in them came later.</summary>
    private void LayoutChanged(TopicLayout layout)
    {
        lock (gate)
        {
            if (Volatile.Read(ref disposed) != 0 || partitions is null)
            {
                return;
            }

            foreach (PartitionReader reader in readers.Values)
            {
                reader.LayoutChanged(layout);
            }

            if (context.Options.Partitions is null && !context.Options.StopAtEnd)
            {
                foreach (int added in layout.Partitions.Except(partitions).ToArray())
                {
                    partitions = [.. partitions, added];
                    StartReader(added, StartPosition.Earliest);
                }
            }
        }
    }

    private async Task<int[]> FindPartitionsAsync(CancellationToken cancellationToken)
    {
        if (context.Options.Partitions is { } named)
        {
            return [.. named];
        }

        for (int failures = 1; ; failures++)
        {
            try
            {
                TopicLayout topic = await context.Catalog.RefreshAsync(context.Options.Topic).WaitAsync(cancellationToken).ConfigureAwait(false);
                return topic.Partitions;
            }
            catch (GoQueueException failure) when (failure.IsRetriable)
            {
                ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
                await Task.Delay(Backoff.After(failures, context.Client), context.Client.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Under the gate.</summary>
    private void StartReader(int partition, StartPosition? otherwise = null)
    {
        PartitionState state = context.Progress(partition);
        StartPosition start = state.Position >= 0 ? StartPosition.AtOffset(state.Position)
            : context.Options.StartOffsets?.TryGetValue(partition, out long offset) == true ? StartPosition.AtOffset(offset)
            : otherwise ?? context.Options.Start;
        EpochTrail trail = state.Position >= 0 ? state.Trail
            : context.Options.StartEpochs?.TryGetValue(partition, out int epoch) == true ? EpochTrail.Empty.With(epoch, start.Value - 1)
            : EpochTrail.Empty;
        PartitionReader reader = new(context, partition, start, trail, events.Writer);
        readers[partition] = reader;
        finished.Remove(partition);
        reader.Start(state.End);
    }

    /// <summary>Under the gate: what the partition's reader still puts out is not current any more.</summary>
    private void Drop(int partition)
    {
        if (readers.Remove(partition, out PartitionReader? reader))
        {
            stopped.RemoveAll(task => task.IsCompletedSuccessfully);
            stopped.Add(reader.StopAsync());
        }
    }

    /// <summary>A reader has come to its end, or throws its failure; a further enumeration starts it again.</summary>
    private void Ended(ReaderEvent last)
    {
        lock (gate)
        {
            Drop(last.Reader.Partition);
            if (last.Failure is null)
            {
                finished.Add(last.Reader.Partition);
            }
        }

        if (last.Failure is { } failure)
        {
            throw failure.Copy();
        }
    }

    /// <summary>After the messages of a batch: all were handed out, or reading goes on at the first that was not.</summary>
    private void Finish(PartitionReader reader, PartitionState state, bool isWhole, long next, EpochTrail trail)
    {
        lock (gate)
        {
            if (!readers.TryGetValue(reader.Partition, out PartitionReader? current) || current != reader)
            {
                return; // a seek has moved on
            }

            if (isWhole)
            {
                state.HandedOut(next, trail);
                return;
            }

            Drop(reader.Partition);
            if (Volatile.Read(ref disposed) == 0)
            {
                StartReader(reader.Partition);
            }
        }
    }

    private void GiveBack(MessageBatch batch)
    {
        int bytes = batch.HeldBytes;
        batch.Release();
        context.Budget.GiveBack(bytes);
    }

    private void ReleaseReadAhead()
    {
        while (events.Reader.TryRead(out ReaderEvent left))
        {
            if (left.Batch is not null)
            {
                GiveBack(left.Batch);
            }
        }
    }
}
