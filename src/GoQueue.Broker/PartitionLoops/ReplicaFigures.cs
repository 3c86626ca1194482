namespace GoQueue.Broker.PartitionLoops;

/// <summary>Figures of one replica for the metrics.</summary>
internal readonly record struct ReplicaFigures(bool Leads, bool IsUnderReplicated, bool IsBlocked, int InSync, long LargestLag);
