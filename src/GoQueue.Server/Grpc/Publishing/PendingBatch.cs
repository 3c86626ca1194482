using System.Runtime.CompilerServices;
using GoQueue.Broker.Requests;
using GoQueue.Core;

namespace GoQueue.Server.Grpc.Publishing;

/// <summary>One batch of a publish stream from the request to its response. Pooled by its stream.</summary>
internal sealed class PendingBatch
{
    private readonly PublishStreamCall stream;
    private readonly Action completed;
    private ValueTaskAwaiter<PublishReceipt> answer;

    public PendingBatch(PublishStreamCall stream)
    {
        this.stream = stream;
        completed = Complete;
    }

    public ulong CorrelationId { get; set; }

    public Acks Acks { get; set; }

    public TopicPartition Partition { get; set; }

    public PublishLine Line { get; set; } = null!;

    /// <summary>What it counts against the bound of the stream.</summary>
    public int Bytes { get; set; }

    public PublishReceipt Receipt { get; set; }

    /// <summary>Set under the stream's lock, after the receipt.</summary>
    public bool IsAnswered { get; set; }

    public PendingBatch? Next { get; set; }

    /// <summary>Waits for the broker without a task: the stream hears of it when it is done, which may be now.</summary>
    public void WaitFor(ValueTask<PublishReceipt> task)
    {
        answer = task.GetAwaiter();
        if (answer.IsCompleted)
        {
            Complete();
        }
        else
        {
            answer.UnsafeOnCompleted(completed);
        }
    }

    private void Complete()
    {
        ValueTaskAwaiter<PublishReceipt> done = answer;
        answer = default;
        PublishReceipt receipt;
        try
        {
            receipt = done.GetResult();
        }
        catch (Exception failure)
        {
            stream.Fail(failure);
            receipt = PublishReceipt.Refused(ErrorCode.Internal, "the server failed; its log has more");
        }

        stream.Answer(this, receipt);
    }
}
