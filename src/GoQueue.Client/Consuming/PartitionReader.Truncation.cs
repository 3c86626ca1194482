using System.Threading.Channels;
using GoQueue.Client.Topics;
using GoQueue.Client.Transport;
using GoQueue.Client.Wire;
using GoQueue.Contracts.V1;
using GoQueue.Core;
using GoQueue.Core.Records;
using ErrorCode = GoQueue.Core.ErrorCode;

namespace GoQueue.Client.Consuming;

/// <content>What was read was taken back, or lies outside of the log: where to go on, or the end (E7).</content>
internal sealed partial class PartitionReader
{
    /// <summary>
    /// The log lost what was read (E7): goes back to where it may part from that, to ask again with what is left (E4). Every round goes back in epochs or
    /// offsets. False when the node says nothing that could be gone back by.
    /// </summary>
    private bool GoBack(Divergence? theirs)
    {
        if (theirs is not { } divergence)
        {
            return false;
        }

        (long to, EpochTrail left) = trail.Back(divergence, position);
        if (to >= position && left.LastEpoch >= trail.LastEpoch)
        {
            return false; // the node contradicts itself
        }

        truncation = new LogTruncation(Topic, Partition, truncation?.ReadTo ?? position, to, left.LastEpoch);
        position = to;
        trail = left;
        return true;
    }

    /// <summary>The node has this history: what was lost is known exactly.</summary>
    private async Task PassAsync(LogTruncation found)
    {
        if (context.Options.OnTruncated == TruncationPolicy.Fail)
        {
            throw Truncated(found);
        }

        if (context.Options.StopAtEnd)
        {
            PartitionOffsets offsets = await context.Admin.GetOffsetsAsync(Topic, Partition, null, stopping.Token).ConfigureAwait(false);
            end = Math.Min(end, Math.Max(offsets.HighWatermark, position));
            context.Progress(Partition).EndsAt(end);
        }

        truncation = null;
        output.TryWrite(new ReaderEvent(this, null, null, new PassedTruncation(found, trail)));
    }

    private static GoQueueException Truncated(LogTruncation found) => new(
        ErrorCode.LogTruncated,
        $"partition {found.Partition} of topic '{found.Topic}' was read up to offset {found.ReadTo}, and an unclean election took back what was read from offset {found.DivergesAt} on; other messages may stand there now")
    {
        Truncation = found,
    };

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
            trail = EpochTrail.Empty;
            context.Progress(Partition).Jumped(to, trail);
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
}
