namespace GoQueue.Core.Records;

/// <summary>What a reader of records accepts at most.</summary>
/// <param name="MaxDecompressedBytes">
/// Bytes that the records of one batch may inflate to, checked while inflating. The memory a hostile batch can take is this and no more.
/// </param>
public readonly record struct RecordReadLimits(int MaxDecompressedBytes)
{
    /// <summary>64 MiB: far above what a batch of the default size inflates to in earnest.</summary>
    public static readonly RecordReadLimits Default = new(64 << 20);
}
