using GoQueue.Core;

namespace GoQueue.Consensus;

/// <summary>A read that waits for an index that is not stale, and then for the image that has it applied.</summary>
internal sealed class ReadRequest(TimeSpan deadline, bool isRemote)
{
    public TaskCompletionSource<Result<long>> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TimeSpan Deadline { get; } = deadline;

    /// <summary>Of another node: it gets the index and waits itself.</summary>
    public bool IsRemote { get; } = isRemote;

    public long Index { get; set; }
}
