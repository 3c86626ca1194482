using GoQueue.Core;

namespace GoQueue.Broker.Requests;

/// <summary>Identities for idempotent producers.</summary>
public interface IProducerRequests
{
    /// <summary>A producer id never given out before, with epoch 0. Codes: MetadataUnavailable.</summary>
    ValueTask<Result<ProducerIdentity>> InitProducerAsync(CancellationToken cancellationToken);
}
