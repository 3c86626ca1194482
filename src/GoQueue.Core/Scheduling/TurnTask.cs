namespace GoQueue.Core.Scheduling;

/// <summary>Runs one blocking function as a turn and hands its result to an awaiting caller.</summary>
public static class TurnTask
{
    public static Task<T> RunAsync<T>(this ITurnScheduler scheduler, Func<T> work)
    {
        Once<T> once = new(work);
        scheduler.Schedule(once);
        return once.Task;
    }

    private sealed class Once<T>(Func<T> work) : ITurn
    {
        private readonly TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Task => done.Task;

        public void RunTurn()
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
        }
    }
}
