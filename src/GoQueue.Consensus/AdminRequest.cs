using GoQueue.Core;

namespace GoQueue.Consensus;

internal enum AdminState
{
    Waiting,
    Forwarded,
    Deciding,
    HandingOver,
    Ended,
}

/// <summary>A change of the quorum on its way to a decision.</summary>
internal sealed class AdminRequest(QuorumRequest what, TimeSpan deadline, bool isRemote = false)
{
    public QuorumRequest What { get; } = what;

    public TimeSpan Deadline { get; } = deadline;

    public bool IsRemote { get; } = isRemote;

    public TaskCompletionSource<Error?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AdminState State { get; set; }

    /// <summary>An earlier try may have been decided.</summary>
    public bool WasTried { get; set; }

    public long Index { get; set; }

    public long Term { get; set; }

    public void End(Error? error)
    {
        State = AdminState.Ended;
        Answer.TrySetResult(error);
    }
}
