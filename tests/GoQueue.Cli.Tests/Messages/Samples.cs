using GoQueue.Cli.Messages;
using GoQueue.Core.Records;

namespace GoQueue.Cli.Tests.Messages;

internal static class Samples
{
    public static MessageView Message() => new()
    {
        Topic = "orders",
        Partition = 2,
        Offset = 41,
        Timestamp = 1_769_860_800_250,
        Key = "key"u8.ToArray(),
        Value = "value"u8.ToArray(),
        Headers = [new("trace", "abc"u8.ToArray()), new("empty", ReadOnlyMemory<byte>.Empty)],
        Priority = PriorityLane.High,
    };
}
