namespace GoQueue.Harness.Clusters;

/// <summary>The processes that run now, so that none outlives this one, however it ends.</summary>
internal static class Orphans
{
    private static readonly HashSet<int> Running = [];
    private static readonly Lock Gate = new();

    public static void Add(int process)
    {
        lock (Gate)
        {
            Running.Add(process);
        }
    }

    public static void Remove(int process)
    {
        lock (Gate)
        {
            Running.Remove(process);
        }
    }

    /// <summary>SIGKILL to all that is left.</summary>
    public static void KillAll()
    {
        lock (Gate)
        {
            foreach (int process in Running)
            {
                try
                {
                    Signals.Send(process, Signals.Kill);
                }
                catch (HarnessException)
                {
                    // It ended by itself.
                }
            }

            Running.Clear();
        }
    }
}
