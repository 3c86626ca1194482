using GoQueue.Core;

namespace GoQueue.Metadata.Commands;

/// <summary>Takes the next block of producer ids. Ids are never given out twice; what a node does not use of its block is lost.</summary>
/// <param name="Count">1 to <see cref="MaxCount"/>.</param>
public sealed record AllocateProducerIdsCommand(int Count) : MetadataCommand
{
    public const int MaxCount = 1_000_000;

    public override Error? Validate() =>
        Count is >= 1 and <= MaxCount ? null : new Error(ErrorCode.InvalidArgument, $"a block of producer ids has 1 to {MaxCount}, not {Count}");
}
