using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.History.Events;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Clients;

/// <summary>
/// Publishes batches to one partition after another and repeats each until it is acknowledged. With an identity every message must then be
/// there exactly once (I1-I5); without one a message is sent once and its outcome taken as it is. With weaker acks than all nothing is promised but that a message
/// stands where it was acknowledged, if it is there; they leave ends of logs behind that no other replica has.
/// </summary>
internal sealed class ProducerClient(ClientWorld world, int number, bool isIdempotent, Acks acks) : SimulatedClient(world, number, "producer")
{
    private readonly RecordBatchBuilder builder = new();
    private long counter;

    protected override async Task WorkAsync()
    {
        while (!World.IsStopping)
        {
            if (World.Partitions.Count == 0)
            {
                await PauseAsync(20);
                continue;
            }

            TopicPartition partition = Random.Pick(World.Partitions);
            ProducerIdentity? identity = isIdempotent ? await InitAsync() : null;
            if (isIdempotent && identity is null)
            {
                continue;
            }

            int batches = 1 + Random.Below(40);
            int sequence = 0;
            for (int i = 0; i < batches && !World.IsStopping; i++)
            {
                int count = 1 + Random.Below(4);
                if (!await PublishAsync(partition, identity, sequence, count))
                {
                    break;
                }

                sequence += count;
                await PauseAsync(8);
            }
        }
    }

    private async Task<ProducerIdentity?> InitAsync()
    {
        ClientAnswer<Result<ProducerIdentity>> answer = await World.Network.CallAsync(
            Process, AnyHost(), node => node.Producers.InitProducerAsync(CancellationToken.None), TimeSpan.FromSeconds(1));
        if (answer is { IsKnown: true, Value.IsOk: true })
        {
            return answer.Value.Value;
        }

        await PauseAsync(50);
        return null;
    }

    /// <summary>True when the batch is stored; false when the producer must begin anew, not knowing or knowing that it is not.</summary>
    private async Task<bool> PublishAsync(TopicPartition partition, ProducerIdentity? identity, int sequence, int count)
    {
        long first = MessageValue.Of(Number, counter);
        counter += count;
        PartitionHistory history = World.HistoryOf(partition);
        bool mayBeStored = World.Network.RepeatedPerMillion > 0; // by a copy of a request whose first was refused
        if (mayBeStored && identity is null)
        {
            history.MayRepeat(first, count);
        }

        ClientHistory.RecordedCall call = World.History.Send(Number, partition, first, count, history.IsCompacted, identity, Promised(mayBeStored && identity is null));
        while (true)
        {
            int host = HostFor(partition);
            UnixMillis time = UnixMillis.From(Process.Time);
            ClientAnswer<PublishReceipt> answer = await World.Network.CallAsync(
                Process,
                host,
                node => node.Partitions.PublishAsync(new PublishRequest(partition, Encode(time, first, count, identity, sequence, history.IsCompacted), acks)),
                TimeSpan.FromMilliseconds(200 + Random.Below(1500)));
            World.Operations++;
            PublishReceipt receipt = answer.Value;
            if (answer.IsKnown && receipt.IsOk)
            {
                call.Stored(receipt.BaseOffset);
                Take(history, first, count, receipt);
                World.LeaderIs(partition, host);
                return true;
            }

            if (answer.IsKnown && IsBreach(receipt.Error)) // also of a leader that was deposed and does not know it: it has to find out before it says so (ADR 0013)
            {
                call.Refused(receipt.Error);
                World.Unless(false, "T11", $"{Process.Name} was refused by {partition}: {receipt.Error}");
                return false;
            }

            mayBeStored |= !answer.IsKnown || IsUnknown(receipt.Error.Code);
            if (identity is null || receipt.Error.Code == ErrorCode.DuplicateSequence)
            {
                if (mayBeStored)
                {
                    call.Unknown();
                }
                else
                {
                    call.Refused(receipt.Error);
                    history.Failed(first, count);
                }

                return false;
            }

            TryAnotherHost(partition);
            await PauseAsync(40);
            if (World.IsStopping || World.IsGone(partition))
            {
                call.Unknown();
                return false;
            }
        }
    }

    /// <summary>An acknowledgement of the leader alone, of a message that may arrive twice, says nothing: one copy may be lost and the other stay.</summary>
    private SendAcks Promised(bool mayRepeat) => acks == Acks.All ? SendAcks.All : acks == Acks.Leader && !mayRepeat ? SendAcks.Leader : SendAcks.None;

    private void Take(PartitionHistory history, long first, int count, in PublishReceipt receipt)
    {
        if (acks == Acks.All)
        {
            history.Acknowledge(first, count, receipt.BaseOffset);
        }
        else if (acks == Acks.Leader)
        {
            history.Claim(first, count, receipt.BaseOffset);
        }
    }

    private SharedBuffer Encode(UnixMillis time, long first, int count, ProducerIdentity? identity, int sequence, bool hasTombstones) =>
        MessageValue.Batch(builder, time, first, count, identity?.Id ?? ProducerId.None, identity?.Epoch ?? -1, identity is null ? -1 : sequence, hasTombstones);

    private static bool IsUnknown(ErrorCode code) => code is ErrorCode.OutcomeUnknown or ErrorCode.NotEnoughReplicasAfterAppend or ErrorCode.Timeout;

    /// <summary>A producer that sends one batch at a time and repeats it until it is stored never meets these (T11).</summary>
    private static bool IsBreach(Error error) =>
        error.Code is ErrorCode.OutOfOrderSequence or ErrorCode.InvalidProducerEpoch or ErrorCode.UnknownProducer or ErrorCode.CorruptBatch or ErrorCode.InvalidArgument;
}
