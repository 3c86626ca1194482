using System.Diagnostics;
using GoQueue.Harness;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>The table of scenarios, and running it: a line for each.</summary>
internal static class AllScenarios
{
    private static readonly Scenario[] Table =
    [
        new("kill-follower", "SIGKILL and restart of a follower", false, KillOne.FollowerAsync),
        new("kill-leader", "SIGKILL and restart of a partition leader", true, KillOne.LeaderAsync),
        new("kill-controller", "SIGKILL and restart of the controller", false, KillOne.ControllerAsync),
        new("kill-two", "SIGKILL of two of three: refused, then back", false, KillTwo.RunAsync),
        new("kill-all", "SIGKILL of all three at once under load", true, KillAll.RunAsync),
        new("rolling-restart", "rolling restart under load", true, RollingRestart.RunAsync),
        new("pause-leader", "SIGSTOP of a leader, 0.5 to 5 time-outs", false, PauseOne.LeaderAsync),
        new("pause-controller", "SIGSTOP of the controller, 0.5 to 5 time-outs", false, PauseOne.ControllerAsync),
        new("wiped-disk", "a wiped disk under its old id", false, WipedDisk.RunAsync),
        new("foreign-cluster", "a node of another cluster", false, ForeignCluster.RunAsync),
        new("seed-dns", "nodes found by a DNS name, one of them late", false, SeedDns.RunAsync),
        new("same-id", "two nodes of the same id", false, SameId.RunAsync),
        new("strangers", "garbage and a future version at the peer port", false, Strangers.RunAsync),
        new("crossed-ports", "public clients at the peer port and the reverse", false, CrossedPorts.RunAsync),
        new("far-behind", "a follower far behind catches up", false, FarBehind.RunAsync),
        new("full-follower", "a full disk on a follower", false, FullDisk.FollowerAsync),
        new("full-leader", "a full disk on a leader", false, FullDisk.LeaderAsync),
        new("replace-node", "a node removed, a new one added, under load", false, ReplaceNode.RunAsync),
    ];

    public static void List()
    {
        foreach (Scenario scenario in Table)
        {
            Console.WriteLine($"{scenario.Name,-18}{(scenario.IsShort ? "short  " : "       ")}{scenario.Title}");
        }
    }

    /// <summary>Answers the exit code: 0 when every scenario held.</summary>
    public static async Task<int> RunAsync(TestOptions options, string folder, CancellationToken cancellationToken)
    {
        string? unknown = options.Only.FirstOrDefault(name => Table.All(scenario => scenario.Name != name));
        if (unknown is not null)
        {
            throw new HarnessException($"there is no scenario '{unknown}'; see: list");
        }

        bool hasFailed = false;
        foreach (Scenario scenario in Table.Where(scenario => options.Only.Count > 0 ? options.Only.Contains(scenario.Name) : scenario.IsShort || !options.IsShort))
        {
            hasFailed |= !await HoldsAsync(scenario, options, Path.Combine(folder, scenario.Name), cancellationToken);
        }

        return hasFailed ? 1 : 0;
    }

    private static async Task<bool> HoldsAsync(Scenario scenario, TestOptions options, string folder, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        await using Stage stage = new(options, folder, cancellationToken);
        try
        {
            await scenario.RunAsync(stage);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            stage.Fail(failure is HarnessException ? failure.Message : failure.ToString());
        }

        bool holds = stage.Failures.Count == 0;
        if (!holds)
        {
            foreach (string what in stage.Failures)
            {
                Console.WriteLine($"      - {what}");
            }

            stage.Show();
        }

        string verdict = !holds ? "FAIL" : stage.LeftOut is null ? "ok  " : "out ";
        string figures = stage.LeftOut is { } why ? $"LEFT OUT: {why}" : string.Join("; ", stage.Figures);
        Console.WriteLine($"{verdict}  {"cluster " + scenario.Title,-44} {Stopwatch.GetElapsedTime(began).TotalSeconds,4:0}s  {figures}");
        await stage.DisposeAsync();
        if (!options.Keep && holds && Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        return holds;
    }
}
