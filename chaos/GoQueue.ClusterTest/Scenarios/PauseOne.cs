using System.Globalization;
using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>
/// SIGSTOP of one node under load for a part and for several times of the time-outs: its connections stay open and nobody answers. It may
/// acknowledge nothing after it woke up into a cluster that went on without it.
/// </summary>
internal static class PauseOne
{
    // A silent link is noticed after 1 s, a broker is fenced after 3 s.
    private static readonly double[] Seconds = [0.5, 1.5, 3, 4.5, 15];

    public static async Task LeaderAsync(Stage stage)
    {
        await using Trial trial = await stage.TrialAsync();
        await PauseAsync(stage, trial, () => trial.LeaderAsync());
    }

    public static async Task ControllerAsync(Stage stage)
    {
        await using Trial trial = await stage.TrialAsync();
        await PauseAsync(stage, trial, trial.ControllerAsync);
    }

    private static async Task PauseAsync(Stage stage, Trial trial, Func<Task<Node>> choose)
    {
        foreach (double seconds in Seconds)
        {
            Node victim = await choose();
            victim.Pause();
            await stage.PauseAsync(seconds);
            victim.Resume();
            TimeSpan whole = await trial.WholeAsync();
            await trial.FlowsAsync();
            stage.Note(string.Create(CultureInfo.InvariantCulture, $"{seconds} s: in sync after {whole.TotalSeconds:0.0} s"));
        }

        await trial.FinishAsync();
    }
}
