using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;

namespace GoQueue.Broker.Producers;

/// <summary>Gives out producer ids from a block taken from the metadata log; what is left of a block at a restart is never used.</summary>
internal sealed class ProducerRequests(IMetadataLog metadata) : IProducerRequests
{
    private const int BlockSize = 1000;

    private readonly SemaphoreSlim gate = new(1, 1);
    private long next;
    private long end;

    public async ValueTask<Result<ProducerIdentity>> InitProducerAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (next == end)
            {
                Result<MetadataOutcome> result = await metadata.ProposeAsync(new AllocateProducerIdsCommand(BlockSize), CancellationToken.None);
                if (!result.TryGet(out MetadataOutcome? outcome, out Error error))
                {
                    return error;
                }

                if (outcome is not MetadataOutcome.ProducerIdsAllocated block)
                {
                    return outcome.Error ?? new Error(ErrorCode.Internal, "the metadata log answered something else than a block of producer ids");
                }

                next = block.First.Value;
                end = next + block.Count;
            }

            return new ProducerIdentity(new ProducerId(next++), 0);
        }
        finally
        {
            gate.Release();
        }
    }
}
