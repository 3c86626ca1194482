using GoQueue.Core;

namespace GoQueue.Broker.Requests;

/// <summary>What an idempotent producer writes into its batches.</summary>
public readonly record struct ProducerIdentity(ProducerId Id, short Epoch);
