using System.Threading.Channels;
using GoQueue.Client.Topics;
using GoQueue.Client.Transport;
using GoQueue.Client.Wire;
using GoQueue.Contracts.V1;
using GoQueue.Core;
using GoQueue.Core.Records;
using ErrorCode = GoQueue.Core.ErrorCode;

namespace GoQueue.Client.Consuming;

/// <summary>
/// Reads one partition ahead: keeps a subscription open at the leader, or at an in-sync replica in the same rack, checks what comes, and goes on at exactly the next offset when the connection
/// breaks or another node leads. A seek
/// replaces the reader by another one.
/// </summary>
internal sealed partial class PartitionReader
{
    /// <summary>A response holds one batch even if it is larger than asked for; the format's length field ends here.</summary>
    private const int MaxMessageBytes = int.MaxValue - (1 << 20);

    /// <summary>Taken off what is asked for, so that a response of a mebibyte with its other fields still fits a pooled array of that size.</summary>
    private const int ResponseOverheadBytes = 128;

    /// <summary>How long a near replica that failed is left alone, unless the in-sync set changes before.</summary>
    private static readonly TimeSpan LongShun = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ShortShun = TimeSpan.FromSeconds(1);

    private readonly ReaderContext context;
    private readonly ChannelWriter<ReaderEvent> output;
    private readonly CancellationTokenSource stopping = new();
    private readonly StartPosition start;
    private long position = -1;
    private long end = long.MaxValue;
    private EpochTrail trail;
    private LogTruncation? truncation; // found, while it is looked for where exactly the log parts from what was read
    private Task running = Task.CompletedTask;
    private volatile Uri? reading;
    private bool isAtFollower;
    private volatile ShunnedReplica? shunned;
    private CancellationTokenSource? moving;

    public PartitionReader(ReaderContext context, int partition, StartPosition start, EpochTrail trail, ChannelWriter<ReaderEvent> output)
    {
        this.context = context;
        this.start = start;
        this.trail = trail;
        this.output = output;
        Partition = partition;
    }

    public string Topic => context.Options.Topic;

    public int Partition { get; }

    public TimeProvider Time => context.Client.Time;

    public RecordReadLimits Limits => new(context.Options.MaxDecompressedBytes);

    /// <summary>Begins to read; with <see cref="ConsumerOptions.StopAtEnd"/> up to <paramref name="knownEnd"/> when that is known from before.</summary>
    public void Start(long? knownEnd) => running = Task.Run(() => RunAsync(knownEnd));

    /// <summary>Ends reading. Afterwards nothing more is put out.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
        stopping.Dispose();
    }

    /// <summary>The topic has another layout. A subscription at a node that is not to be read from any more is given up, even if that node says nothing.</summary>
    public void LayoutChanged(TopicLayout layout)
    {
        if (reading is { } present && SourceIn(layout).Address is { } wanted && wanted != present)
        {
            Leave(Interlocked.Exchange(ref moving, null));
        }
    }

    /// <summary>Never throws: what ends reading is put out as an event.</summary>
    private async Task RunAsync(long? knownEnd)
    {
        for (int failures = 0; !stopping.IsCancellationRequested;)
        {
            try
            {
                isAtFollower = false;
                if (position < 0)
                {
                    await FindStartAsync(knownEnd).ConfigureAwait(false);
                }

                if (position >= end)
                {
                    output.TryWrite(new ReaderEvent(this, null, null));
                    return;
                }

                long before = position;
                try
                {
                    await SubscribeAsync().ConfigureAwait(false);
                }
                finally
                {
                    failures = position > before ? 0 : failures;
                }
            }
            catch (Exception problem) when (!stopping.IsCancellationRequested)
            {
                GoQueueException failure = GrpcChannel.Translate(reading, problem);
                if (isAtFollower && failure.Truncation is null)
                {
                    Shun(failure); // whatever it was: the leader has the last word
                    continue;
                }

                if (failure.Code == ErrorCode.OffsetOutOfRange && await TryResetAsync(failure).ConfigureAwait(false))
                {
                    continue;
                }

                if (failure.Code == ErrorCode.LogTruncated && GoBack(failure.Divergence))
                {
                    continue;
                }

                if (!failure.IsRetriable)
                {
                    output.TryWrite(new ReaderEvent(this, null, truncation is { } found ? Truncated(found) : failure));
                    return;
                }

                if (!await FollowAsync(failure).ConfigureAwait(false))
                {
                    failures++;
                    await PauseAsync(failures).ConfigureAwait(false);
                }
            }
            catch (Exception)
            {
                return; // stopped, whatever that made of the call
            }
        }
    }

    /// <summary>
    /// Turns the wish into an offset first, so that a connection that breaks before the first message does not make "latest" skip what came
    /// in between.
    /// </summary>
    private async Task FindStartAsync(long? knownEnd)
    {
        DateTimeOffset? time = start.Kind == StartKind.Time ? DateTimeOffset.FromUnixTimeMilliseconds(start.Value) : null;
        PartitionOffsets offsets = await context.Admin.GetOffsetsAsync(Topic, Partition, time, stopping.Token).ConfigureAwait(false);
        end = context.Options.StopAtEnd ? knownEnd ?? offsets.HighWatermark : long.MaxValue;
        position = start.Kind switch
        {
            StartKind.Earliest => offsets.LogStart,
            StartKind.Latest => offsets.HighWatermark,
            StartKind.Time => offsets.ForTime ?? offsets.HighWatermark,
            _ => start.Value,
        };
        context.Progress(Partition).Started(position, end, offsets);
    }

    /// <summary>Reads until the subscription ends, and throws why; returns when the wanted end is reached.</summary>
    private async Task SubscribeAsync()
    {
        TopicLayout layout = await context.Catalog.GetAsync(Topic).ConfigureAwait(false);
        (Uri? chosen, isAtFollower) = SourceIn(layout);
        Uri address = chosen ?? context.Nodes.Any;
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        using ITimer? back = WhenShunnedNoMore(ending);
        reading = address;
        Volatile.Write(ref moving, ending);
        try
        {
            if (context.Catalog.Find(Topic) is { } newest)
            {
                LayoutChanged(newest); // it may have come before we could be told
            }

            await SubscribeAsync(context.ChannelTo(address), layout.LeaderOf(Partition).Epoch, ending.Token).ConfigureAwait(false);
        }
        catch (Exception) when (ending.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            if (context.Catalog.Find(Topic) is { } now && SourceIn(now).Address is { } better && better != address)
            {
                return; // there, from the next offset on
            }

            throw new GoQueueException(ErrorCode.NotLeader, $"{address.Authority} does not lead partition {Partition} of topic '{Topic}' any more");
        }
        finally
        {
            Interlocked.CompareExchange(ref moving, null, ending);
        }
    }

    /// <param name="leaderEpoch">The leadership that the channel was chosen by; -1 when none is known.</param>
    private async Task SubscribeAsync(GrpcChannel channel, int leaderEpoch, CancellationToken cancellationToken)
    {
        SubscribeRequest request = new()
        {
            Topic = Topic,
            Partition = Partition,
            Offset = position,
            Format = SubscribeFormat.Batches,
            MaxBytes = context.Options.MaxResponseBytes - ResponseOverheadBytes,
            FromFollower = isAtFollower,
        };
        if (trail.LastEpoch >= 0)
        {
            request.LastEpoch = trail.LastEpoch;
        }

        if (leaderEpoch >= 0)
        {
            request.LeaderEpoch = leaderEpoch;
        }

        using HttpResponseMessage response =
            await channel.OpenAsync("Subscribe", GrpcChannel.FramedContent(request), cancellationToken).ConfigureAwait(false);
        if (truncation is { } found)
        {
            await PassAsync(found).ConfigureAwait(false);
        }

        if (trail.LastEpoch < 0)
        {
            trail = trail.With(DivergenceTrailers.LastEpoch(response.Headers), position - 1);
        }

        Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            using MessageStream messages = new(body, MaxMessageBytes);
            while (position < end)
            {
                SharedBuffer? message = await messages.ReadAsync(Admit, context.Budget.GiveBack, cancellationToken).ConfigureAwait(false);
                if (message is null)
                {
                    Error ended = GrpcChannel.EndOf(response);
                    throw ended.Code == ErrorCode.None
                        ? new GoQueueException(ErrorCode.Unreachable, "the server ended the subscription")
                        : new GoQueueException(ended.Code, ended.Detail) { Leader = GrpcChannel.LeaderAfter(response), Divergence = GrpcChannel.DivergenceAfter(response) };
                }

                Take(message);
            }
        }
    }

    /// <summary>
    /// Where to read: the in-sync replica in the consumer's rack, unless it failed a short while ago and the in-sync set is still the same; else the leader. Null when
    /// nobody is known.
    /// </summary>
    private (Uri? Address, bool IsFollower) SourceIn(TopicLayout layout)
    {
        Uri? leader = context.Catalog.AddressOf(layout, Partition);
        Uri? near = context.Options.Rack is { } rack ? context.Catalog.NearestOf(layout, Partition, rack) : null;
        return near is null || near == leader || (shunned is { } replica && replica.Holds(near, layout.InSyncOf(Partition), Time)) ? (leader, false) : (near, true);
    }

    private void Shun(GoQueueException failure)
    {
        Uri address = reading!;
        if (failure.Code == ErrorCode.Unreachable)
        {
            context.Catalog.Avoid(address);
        }

        // One that acts under another leadership, as one of the two has not heard of yet, is soon of the same mind.
        TimeSpan time = failure.Code is ErrorCode.FencedLeaderEpoch or ErrorCode.UnknownLeaderEpoch ? ShortShun : LongShun;
        shunned = new ShunnedReplica(address, context.Catalog.Find(Topic)?.InSyncOf(Partition) ?? [], Time.GetTimestamp() + (long)(time.TotalSeconds * Time.TimestampFrequency));
    }

    /// <summary>While reading from the leader only because the near replica failed: ends the subscription when that is to be tried again.</summary>
    private ITimer? WhenShunnedNoMore(CancellationTokenSource ending)
    {
        if (isAtFollower || shunned is not { } replica)
        {
            return null;
        }

        TimeSpan left = Time.GetElapsedTime(Time.GetTimestamp(), replica.Until);
        return left <= TimeSpan.Zero ? null : Time.CreateTimer(static state => Leave((CancellationTokenSource)state!), ending, left + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
    }

    /// <summary>What the cancellation wakes does not run here, where locks may be held.</summary>
    private static void Leave(CancellationTokenSource? subscription)
    {
        try
        {
            _ = subscription?.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // it has ended by itself
        }
    }

    /// <summary>After a failure: true when it is known where to go on, at once.</summary>
    private async Task<bool> FollowAsync(GoQueueException failure)
    {
        if (failure.Leader is { } leader && context.Catalog.Heard(Topic, Partition, leader))
        {
            return true;
        }

        Uri? before = reading;
        if (failure.Code == ErrorCode.Unreachable && before is not null)
        {
            context.Catalog.Avoid(before);
        }

        try
        {
            TopicLayout layout = failure.Code == ErrorCode.NotLeader && context.Catalog.Find(Topic) is { } told && context.Catalog.AddressOf(told, Partition) is { } known && known != before
                ? told // the change that moved us
                : await context.Catalog.RefreshAsync(Topic).WaitAsync(stopping.Token).ConfigureAwait(false);
            return context.Catalog.AddressOf(layout, Partition) is { } now && now != before;
        }
        catch (Exception)
        {
            return false; // nobody could be asked; what is wrong shows at the next try
        }
    }

    private ValueTask Admit(int bytes, CancellationToken cancellationToken) => context.Budget.TakeAsync(bytes, cancellationToken);

    private void Take(SharedBuffer message)
    {
        MessageBatch batch;
        try
        {
            SubscribeAnswer answer = SubscribeAnswer.Parse(message.Span);
            long next = Math.Min(Check(message.Span.Slice(answer.BatchesStart, answer.BatchesLength), answer.NextOffset, out EpochTrail read), end);
            batch = new MessageBatch(this, message, answer, position, next, read);
            position = next;
            trail = read;
        }
        catch (Exception)
        {
            context.Budget.GiveBack(message.Length);
            message.Release();
            throw;
        }

        output.TryWrite(new ReaderEvent(this, batch, null));
    }

    /// <summary>Checks the batches as a reader of a log must, and answers the offset after them and the leaderships up to there.</summary>
    private long Check(ReadOnlySpan<byte> batches, long announced, out EpochTrail read)
    {
        long next = announced;
        read = trail;
        RecordBatchSequence sequence = new(batches);
        while (sequence.MoveNext())
        {
            RecordBatchHeader header = new(sequence.Current);
            if (RecordBatchValidator.ValidateStored(sequence.Current) is { } damage)
            {
                throw new GoQueueException(damage.Code, $"at offset {header.BaseOffset} of partition {Partition} of topic '{Topic}': {damage.Detail}");
            }

            next = Math.Max(next, header.NextOffset.Value);
            read = read.With(header.LeaderEpoch.Value, header.BaseOffset.Value);
        }

        if (!sequence.Rest.IsEmpty)
        {
            throw new GoQueueException(ErrorCode.CorruptBatch, $"{sequence.Rest.Length} bytes of partition {Partition} of topic '{Topic}' are no whole batch");
        }

        return next >= position
            ? next
            : throw new GoQueueException(ErrorCode.Internal, $"the server went back from offset {position} to {next} in partition {Partition} of topic '{Topic}'");
    }

    private async Task PauseAsync(int failures)
    {
        await Task.Delay(Backoff.After(failures, context.Client), Time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
