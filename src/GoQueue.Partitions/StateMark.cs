namespace GoQueue.Partitions;

/// <summary>A point to which <see cref="PartitionState.RollbackTo"/> can return. Only the newest mark counts.</summary>
public readonly record struct StateMark(long Generation);
