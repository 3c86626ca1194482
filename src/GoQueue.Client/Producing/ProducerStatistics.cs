namespace GoQueue.Client;

/// <summary>Counts since the producer was made, and what it holds now. A snapshot that need not be of one instant.</summary>
/// <param name="Delivered">Messages acknowledged.</param>
/// <param name="Failed">Messages that failed.</param>
/// <param name="Batches">Batches settled.</param>
/// <param name="BytesSent">Bytes of batches sent, repeats included.</param>
/// <param name="Resends">Batches sent again.</param>
/// <param name="BufferedBytes">Bytes of messages accepted and not settled.</param>
/// <param name="WaitingSends">Calls that wait for room or for a topic.</param>
public sealed record ProducerStatistics(
    long Delivered, long Failed, long Batches, long BytesSent, long Resends, long BufferedBytes, int WaitingSends);
