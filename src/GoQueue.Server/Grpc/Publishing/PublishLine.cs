namespace GoQueue.Server.Grpc.Publishing;

/// <summary>
/// The unanswered batches of one partition on one stream, in request order. Answers leave from the head only, so they come in that order however
/// the broker's completions are scheduled. Guarded by the stream's lock.
/// </summary>
internal sealed class PublishLine
{
    private PendingBatch? head;
    private PendingBatch? tail;

    public bool IsEmpty => head is null;

    /// <summary>In the list of lines that the writer will look at.</summary>
    public bool IsReady { get; set; }

    /// <summary>The oldest batch has its answer.</summary>
    public bool HasAnswer => head is { IsAnswered: true };

    public void Add(PendingBatch batch)
    {
        batch.Next = null;
        if (tail is null)
        {
            head = batch;
        }
        else
        {
            tail.Next = batch;
        }

        tail = batch;
    }

    /// <summary>Takes the oldest batch off if it has its answer.</summary>
    public PendingBatch? Take()
    {
        PendingBatch? batch = head;
        if (batch is not { IsAnswered: true })
        {
            return null;
        }

        head = batch.Next;
        tail = head is null ? null : tail;
        batch.Next = null;
        return batch;
    }
}
