namespace GoQueue.Demo.Readers;

/// <summary>A road by which a whole partition can be read back.</summary>
internal interface ITopicReader
{
    string Name { get; }

    /// <summary>Everything from the start of the partition to its present end, in the order in which it came.</summary>
    Task<List<StoredMessage>> ReadAsync(string topic, int partition, CancellationToken cancellationToken);
}
