using System.Threading.Channels;
using GoQueue.Client.Transport;
using GoQueue.Client.Wire;
using GoQueue.Contracts.V1;
using GoQueue.Core;
using GoQueue.Core.Records;
using ErrorCode = GoQueue.Core.ErrorCode;

namespace GoQueue.Client.Consuming;

/// <summary>
/// Reads one partition ahead: keeps a subscription open, checks what comes, and goes on at exactly the next offset when the connection breaks. A seek
/// replaces the reader by another one.
/// </summary>
internal sealed class PartitionReader
{
    /// <summary>A response holds one batch even if it is larger than asked for; the format's length field ends here.</summary>
    private const int MaxMessageBytes = int.MaxValue - (1 << 20);

    /// <summary>Taken off what is asked for, so that a response of a mebibyte with its other fields still fits a pooled array of that size.</summary>
    private const int ResponseOverheadBytes = 128;

    private readonly ReaderContext context;
    private readonly ChannelWriter<ReaderEvent> output;
    private readonly CancellationTokenSource stopping = new();
    private readonly StartPosition start;
    private long position = -1;
    private long end = long.MaxValue;
    private Task running = Task.CompletedTask;

    public PartitionReader(ReaderContext context, int partition, StartPosition start, ChannelWriter<ReaderEvent> output)
    {
        this.context = context;
        this.start = start;
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

    /// <summary>Never throws: what ends reading is put out as an event.</summary>
    private async Task RunAsync(long? knownEnd)
    {
        for (int failures = 0; !stopping.IsCancellationRequested;)
        {
            try
            {
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
                Error ended = await SubscribeAsync().ConfigureAwait(false);
                failures = position > before ? 0 : failures;
                if (position >= end)
                {
                    continue;
                }

                throw new GoQueueException(
                    ended.Code == ErrorCode.None ? ErrorCode.Unreachable : ended.Code,
                    ended.Code == ErrorCode.None ? "the server ended the subscription" : ended.Detail);
            }
            catch (Exception problem) when (!stopping.IsCancellationRequested)
            {
                GoQueueException failure = context.Channel.Translate(problem);
                if (failure.Code == ErrorCode.OffsetOutOfRange && await TryResetAsync(failure).ConfigureAwait(false))
                {
                    continue;
                }

                if (!failure.IsRetriable)
                {
                    output.TryWrite(new ReaderEvent(this, null, failure));
                    return;
                }

                failures++;
                await PauseAsync(failures).ConfigureAwait(false);
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

    private async Task<Error> SubscribeAsync()
    {
        SubscribeRequest request = new()
        {
            Topic = Topic,
            Partition = Partition,
            Offset = position,
            Format = SubscribeFormat.Batches,
            MaxBytes = context.Options.MaxResponseBytes - ResponseOverheadBytes,
        };
        using HttpResponseMessage response =
            await context.Channel.OpenAsync("Subscribe", GrpcChannel.FramedContent(request), stopping.Token).ConfigureAwait(false);
        Stream body = await response.Content.ReadAsStreamAsync(stopping.Token).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            using MessageStream messages = new(body, MaxMessageBytes);
            while (position < end)
            {
                SharedBuffer? message = await messages.ReadAsync(Admit, context.Budget.GiveBack, stopping.Token).ConfigureAwait(false);
                if (message is null)
                {
                    return GrpcChannel.EndOf(response);
                }

                Take(message);
            }
        }

        return default;
    }

    private ValueTask Admit(int bytes, CancellationToken cancellationToken) => context.Budget.TakeAsync(bytes, cancellationToken);

    private void Take(SharedBuffer message)
    {
        MessageBatch batch;
        try
        {
            SubscribeAnswer answer = SubscribeAnswer.Parse(message.Span);
            long next = Math.Min(Check(message.Span.Slice(answer.BatchesStart, answer.BatchesLength), answer.NextOffset), end);
            batch = new MessageBatch(this, message, answer, position, next);
            position = next;
        }
        catch (Exception)
        {
            context.Budget.GiveBack(message.Length);
            message.Release();
            throw;
        }

        output.TryWrite(new ReaderEvent(this, batch, null));
    }

    /// <summary>Checks the batches as a reader of a log must, and answers the offset after them.</summary>
    private long Check(ReadOnlySpan<byte> batches, long announced)
    {
        long next = announced;
        RecordBatchSequence sequence = new(batches);
        while (sequence.MoveNext())
        {
            RecordBatchHeader header = new(sequence.Current);
            if (RecordBatchValidator.ValidateStored(sequence.Current) is { } damage)
            {
                throw new GoQueueException(damage.Code, $"at offset {header.BaseOffset} of partition {Partition} of topic '{Topic}': {damage.Detail}");
            }

            next = Math.Max(next, header.NextOffset.Value);
        }

        if (!sequence.Rest.IsEmpty)
        {
            throw new GoQueueException(ErrorCode.CorruptBatch, $"{sequence.Rest.Length} bytes of partition {Partition} of topic '{Topic}' are no whole batch");
        }

        return next >= position
            ? next
            : throw new GoQueueException(ErrorCode.Internal, $"the server went back from offset {position} to {next} in partition {Partition} of topic '{Topic}'");
    }

    private async Task<bool> TryResetAsync(GoQueueException because)
    {
        bool wantsBound = start.Kind == StartKind.Earliest && !context.Progress(Partition).HasHandedOut;
        if (context.Options.OnOutOfRange == OffsetResetPolicy.Fail && !wantsBound)
        {
            return false;
        }

        try
        {
            PartitionOffsets offsets = await context.Admin.GetOffsetsAsync(Topic, Partition, null, stopping.Token).ConfigureAwait(false);
            long to = context.Options.OnOutOfRange == OffsetResetPolicy.Latest && !wantsBound ? offsets.HighWatermark : offsets.LogStart;
            if (to == position)
            {
                return false; // the server contradicts itself
            }

            context.Options.OnReset?.Invoke(new OffsetReset(Topic, Partition, position, to));
            position = to;
            context.Progress(Partition).Jumped(to);
            return true;
        }
        catch (GoQueueException failure) when (failure.IsRetriable)
        {
            await PauseAsync(1).ConfigureAwait(false);
            return true; // the subscription is refused again, and then asked again
        }
        catch (Exception failure)
        {
            output.TryWrite(new ReaderEvent(this, null, new GoQueueException(because.Code, $"{because.Detail}; and the reset failed: {failure.Message}", failure)));
            await stopping.CancelAsync().ConfigureAwait(false);
            return true;
        }
    }

    private async Task PauseAsync(int failures)
    {
        await Task.Delay(Backoff.After(failures, context.Client), Time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
