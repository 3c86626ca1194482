using GoQueue.Cli.Hosting;
using GoQueue.Cli.Messages;
using GoQueue.Cli.Output;
using GoQueue.Client;

namespace GoQueue.Cli.Consume;

/// <summary>Writes messages to standard output in the chosen form. With a format string nothing is allocated per message.</summary>
internal sealed class MessagePrinter(Session session, MessageFormat format)
{
    private readonly bool asDocuments = session.Format != OutputFormat.Table;

    /// <summary>Messages printed so far.</summary>
    public long Count { get; private set; }

    /// <summary>Prints messages of the batch until <see cref="Count"/> reaches <paramref name="max"/>; false when it held none.</summary>
    public bool Print(MessageBatch batch, long max)
    {
        long before = Count;
        foreach (MessageView message in batch)
        {
            if (Count >= max)
            {
                break;
            }

            PrintedMessage printed = new()
            {
                Topic = batch.Topic,
                Partition = batch.Partition,
                Offset = message.Offset,
                Timestamp = message.TimestampMillis,
                Key = message.Key,
                KeyIsNull = message.KeyIsNull,
                Value = message.Value,
                ValueIsNull = message.ValueIsNull,
                Headers = message.Headers,
                Priority = message.Priority,
            };
            if (asDocuments)
            {
                session.Results.WriteOneOfMany(MessageJson.Of(printed));
            }
            else
            {
                format.Write(printed, session.Streams.Output);
            }

            Count++;
        }

        return Count > before;
    }
}
