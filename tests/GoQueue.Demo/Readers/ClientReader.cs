using GoQueue.Client;

namespace GoQueue.Demo.Readers;

/// <summary>Reads with the client library's consumer.</summary>
internal sealed class ClientReader(GoQueueClient client) : ITopicReader
{
    public string Name => "client";

    public async Task<List<StoredMessage>> ReadAsync(string topic, int partition, CancellationToken cancellationToken)
    {
        List<StoredMessage> messages = [];
        await using GoQueueConsumer consumer = client.CreateConsumer(new ConsumerOptions { Topic = topic, Partitions = [partition], StopAtEnd = true });
        await foreach (ConsumedMessage message in consumer.ReadAsync(cancellationToken))
        {
            messages.Add(new StoredMessage(message.Partition, message.Offset, message.Key ?? [], message.Value ?? []));
        }

        return messages;
    }
}
