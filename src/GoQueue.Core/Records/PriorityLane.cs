namespace GoQueue.Core.Records;

/// <summary>Priority lane of a batch, attributes bits 8-10. Normal is 0, so that plain producers are normal.</summary>
public enum PriorityLane : byte
{
    Normal = 0,
    Critical = 1,
    High = 2,
    Low = 3,
    Background = 4,
}
