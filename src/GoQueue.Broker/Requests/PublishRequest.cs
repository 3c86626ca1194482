using GoQueue.Core;

namespace GoQueue.Broker.Requests;

/// <summary>
/// One record batch for one partition. The batch is as a client encoded it (base offset and leader epoch are ours to set); the broker
/// validates it. Handing the request over hands over one reference of the buffer, whatever the answer is.
/// </summary>
public readonly record struct PublishRequest(TopicPartition Partition, SharedBuffer Batch, Acks Acks);
