namespace GoQueue.Demo.Readers;

/// <summary>A message as some road brought it back.</summary>
internal sealed record StoredMessage(int Partition, long Offset, byte[] Key, byte[] Value);
