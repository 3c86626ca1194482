namespace GoQueue.Server.Grpc.Services;

/// <summary>
/// Whether the node takes requests. The host reports it: true once the broker has recovered, false when it begins to stop. Health answers
/// by it, and every other method is refused while it is false.
/// </summary>
internal sealed class NodeServing
{
    private readonly Lock gate = new();
    private volatile bool isServing;
    private TaskCompletionSource changed = NewSignal();

    public bool IsServing => isServing;

    /// <summary>Completes at the next change. Take it before reading <see cref="IsServing"/>, and no change is missed.</summary>
    public Task NextChange
    {
        get
        {
            lock (gate)
            {
                return changed.Task;
            }
        }
    }

    public void Report(bool serving)
    {
        TaskCompletionSource done;
        lock (gate)
        {
            if (isServing == serving)
            {
                return;
            }

            isServing = serving;
            done = changed;
            changed = NewSignal();
        }

        done.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
