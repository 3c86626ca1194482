namespace GoQueue.Client;

/// <summary>Where and how well a message is stored.</summary>
/// <param name="Topic">Its topic.</param>
/// <param name="Partition">Its partition.</param>
/// <param name="Offset">Its offset; -1 when it is not known: with acks none, or when a repeated batch was recognised too late to tell.</param>
/// <param name="Timestamp">Largest timestamp of its batch as stored.</param>
/// <param name="Replicas">Replicas that hold it now; 0 when not known.</param>
/// <param name="Flushed">Whether each of those has it on its device.</param>
public readonly record struct DeliveryReport(string Topic, int Partition, long Offset, DateTimeOffset Timestamp, int Replicas, bool Flushed);
