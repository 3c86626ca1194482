namespace GoQueue.Demo.Verdicts;

/// <summary>A message as it was handed to the client, in this order, and what the client was told about it.</summary>
internal sealed class SentMessage(int index, byte[] key, byte[] value)
{
    /// <summary>Place in the order of sending.</summary>
    public int Index => index;

    public byte[] Key => key;

    public byte[] Value => value;

    /// <summary>Where the broker said it is; null while unanswered and when the outcome is unknown.</summary>
    public (int Partition, long Offset)? Acknowledged { get; set; }
}
