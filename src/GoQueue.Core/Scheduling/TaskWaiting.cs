#pragma warning disable RS0030 // the one place that calls Task.WaitAsync and WhenAny; the reason stands in the remarks

namespace GoQueue.Core.Scheduling;

/// <summary>Waiting on a task no longer than somebody cares. Only the waiting ends early; the task goes on.</summary>
/// <remarks>
/// Takes the place of <see cref="Task.WaitAsync(CancellationToken)"/>, <see cref="Task.WhenAny(Task, Task)"/> and Task.WhenAll in rings 0-2. They listen to the task directly, and a source made with
/// RunContinuationsAsynchronously tells such a listener on the thread pool, past the synchronization context of whoever waits: under the
/// simulator the moment of the wake-up would be the operating system's choice. Here an ordinary await listens to the task, and that resumes
/// where its context says.
/// </remarks>
public static class TaskWaiting
{
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    public static Task UnlessCancelledAsync(this Task task, CancellationToken cancellationToken) =>
        task.IsCompleted || !cancellationToken.CanBeCanceled ? task : ResumedAsync(task).WaitAsync(cancellationToken);

    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    public static Task<T> UnlessCancelledAsync<T>(this Task<T> task, CancellationToken cancellationToken) =>
        task.IsCompleted || !cancellationToken.CanBeCanceled ? task : ResumedAsync(task).WaitAsync(cancellationToken);

    /// <exception cref="TimeoutException">The time was over first.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    public static Task WithinAsync(this Task task, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken) =>
        task.IsCompleted ? task : ResumedAsync(task).WaitAsync(timeout, time, cancellationToken);

    /// <exception cref="TimeoutException">The time was over first.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    public static Task<T> WithinAsync<T>(this Task<T> task, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken) =>
        task.IsCompleted ? task : ResumedAsync(task).WaitAsync(timeout, time, cancellationToken);

    /// <summary>Completes with the first of the two that does. Does not fail with it: the caller looks at what is completed.</summary>
    public static Task EitherAsync(Task one, Task other) => Task.WhenAny(ResumedAsync(one), ResumedAsync(other));

    /// <summary>Completes when all of them did. Fails with the first failure in their order, but not before the last has ended.</summary>
    public static Task AllAsync(IEnumerable<Task> tasks)
    {
        Task[] started = [.. tasks]; // starts them, before any is waited for
        return AwaitAllAsync(started);
    }

    private static async Task AwaitAllAsync(Task[] tasks)
    {
        System.Runtime.ExceptionServices.ExceptionDispatchInfo? failure = null;
        foreach (Task task in tasks)
        {
            try
            {
                await task;
            }
            catch (Exception cause)
            {
                failure ??= System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(cause);
            }
        }

        failure?.Throw();
    }

    private static async Task ResumedAsync(Task task) => await task;

    private static async Task<T> ResumedAsync<T>(Task<T> task) => await task;
}
