using System.Diagnostics;
using GoQueue.Chaos.Schedules;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;
using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.Chaos.Nemesis;

/// <summary>
/// Makes the faults of a schedule happen, looks whether they do, takes them back, and writes all of it into the history. A node that ends without a fault having
/// it is noted, and started again.
/// </summary>
internal sealed class NemesisRunner(TestBed bed, IHistoryRecorder recorder, Action<string> say)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Watch = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan WorkPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WorkTime = TimeSpan.FromSeconds(3);

    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly List<string> crashes = [];
    private readonly Dictionary<string, int> told = []; // nodes, and the process of each that was told of last
    private int faults;

    /// <summary>Faults that took effect.</summary>
    public int TookEffect { get; private set; }

    /// <summary>Nodes that ended by themselves.</summary>
    public IReadOnlyList<string> Crashes
    {
        get
        {
            lock (crashes)
            {
                return [.. crashes];
            }
        }
    }

    /// <summary>
    /// Returns when the last fault was taken back (without any: after <paramref name="length"/>); also when cancelled. Where waiting for the cluster took the time of
    /// the rest, no window begins after <paramref name="length"/>.
    /// </summary>
    public async Task RunAsync(IReadOnlyList<Window> windows, TimeSpan length, CancellationToken cancellationToken)
    {
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bed.FoundDown = EndedByItself;
        Task watching = WatchAsync(over.Token);
        try
        {
            for (int i = 0; i < windows.Count && (i == 0 || clock.Elapsed < length); i++)
            {
                await Task.WhenAll(windows[i].Faults.Select(fault => HappenAsync(fault, cancellationToken)));
                if (windows[i].IsFollowedByWork && i + 1 < windows.Count)
                {
                    await WaitForWorkAsync(cancellationToken);
                }
            }

            if (windows.Count == 0)
            {
                await UntilAsync(length, cancellationToken);
            }
        }
        finally
        {
            await over.CancelAsync();
            await watching;
        }
    }

    /// <summary>Until every partition of the topic takes messages, and then for a while in which it gets some; bounded, because a cluster that stays down is for the checker to judge.</summary>
    private async Task WaitForWorkAsync(CancellationToken cancellationToken)
    {
        TimeSpan until = clock.Elapsed + WorkPatience;
        while (!await TakesMessagesAsync(cancellationToken))
        {
            if (clock.Elapsed > until)
            {
                return;
            }

            await Task.Delay(LookAgain, cancellationToken);
        }

        await Task.Delay(WorkTime, cancellationToken);
    }

    private async Task<bool> TakesMessagesAsync(CancellationToken cancellationToken) =>
        bed.Grounds.Select(ground => ground.Node).FirstOrDefault(node => node.Serves) is { } serving
        && await bed.Cluster.TryTopicAsync(serving, bed.Topic, cancellationToken) is { } topic
        && topic.Partitions.All(partition => partition.Leader is not null && 2 * partition.InSync.Count > partition.Replicas.Count);

    private async Task HappenAsync(PlannedFault planned, CancellationToken cancellationToken)
    {
        await UntilAsync(planned.From, cancellationToken);
        Fault fault = planned.Kind.Make(bed, new Random(planned.Seed));
        int number = Interlocked.Increment(ref faults);
        TimeSpan until = clock.Elapsed + planned.Length; // what came before may have taken longer than planned
        string? seenInstead = "it did not begin";
        bool hasBegun = false;
        bool isSkipped = false;
        try
        {
            await fault.BeginAsync(cancellationToken);
            hasBegun = true;
            TimeSpan patience = clock.Elapsed + fault.EffectPatience;
            bool wasHidden = fault.IsHidden;
            seenInstead = await fault.VerifyEffectAsync(cancellationToken);
            while (seenInstead is not null && (clock.Elapsed < until || clock.Elapsed < patience))
            {
                await Task.Delay(LookAgain, cancellationToken);
                wasHidden |= fault.IsHidden;
                seenInstead = await fault.VerifyEffectAsync(cancellationToken);
            }

            isSkipped = seenInstead is not null && wasHidden;
            Record(planned, fault, number, FaultEdge.Begin, seenInstead, isSkipped);
            await UntilAsync(until, cancellationToken);
        }
        catch (NothingLeftException nothing)
        {
            seenInstead = nothing.Message;
            isSkipped = true;
            Record(planned, fault, number, FaultEdge.Begin, seenInstead, isSkipped);
            hasBegun = true; // its end belongs into the history too
        }
        catch (Exception failure) when (IsOfHarness(failure))
        {
            say($"  {planned.Kind.Name}: {failure.Message}");
            seenInstead = failure.Message;
            if (!hasBegun)
            {
                Record(planned, fault, number, FaultEdge.Begin, seenInstead);
            }
        }
        finally
        {
            await EndAsync(planned, fault, number, hasBegun);
        }

        if (seenInstead is null)
        {
            TookEffect++;
        }
    }

    /// <summary>A fault must go even when the run is being interrupted.</summary>
    private async Task EndAsync(PlannedFault planned, Fault fault, int number, bool hasBegun)
    {
        string? problem = null;
        try
        {
            await fault.EndAsync(CancellationToken.None);
        }
        catch (Exception failure) when (IsOfHarness(failure))
        {
            problem = failure.Message;
            say($"  end of {planned.Kind.Name}: {failure.Message}");
            bed.Note($"end of {planned.Kind.Name}: {failure.Message}");
        }

        if (hasBegun)
        {
            Record(planned, fault, number, FaultEdge.End, problem);
        }
    }

    private void Record(PlannedFault planned, Fault fault, int number, FaultEdge edge, string? seenInstead, bool isSkipped = false)
    {
        NemesisValue value = new()
        {
            Fault = planned.Kind.Name,
            Number = number,
            Edge = edge,
            Targets = [fault.Target],
            TookEffect = seenInstead is null,
            IsSkipped = isSkipped,
            Proof = seenInstead,
        };
        recorder.Observe(Operation.Nemesis, value);
        if (edge == FaultEdge.Begin)
        {
            string outcome = seenInstead is null ? "" : isSkipped ? $": not possible now ({seenInstead})" : $": NO EFFECT ({seenInstead})";
            say($"  {clock.Elapsed.TotalSeconds,6:0.0} s  {planned.Kind.Name} {fault.Target}, {planned.Length.TotalSeconds:0.0} s{outcome}");
            if (isSkipped)
            {
                bed.Note($"{planned.Kind.Name} was not possible {clock.Elapsed.TotalSeconds:0} s after the begin: {seenInstead}");
            }
        }
    }

    /// <summary>What faults may meet when they work on processes and files that others bring down.</summary>
    private static bool IsOfHarness(Exception failure) => failure is HarnessException or IOException or UnauthorizedAccessException or InvalidOperationException;

    private async Task UntilAsync(TimeSpan at, CancellationToken cancellationToken)
    {
        TimeSpan left = at - clock.Elapsed;
        if (left > TimeSpan.Zero)
        {
            await Task.Delay(left, cancellationToken);
        }
    }

    /// <summary>Tells of it once for each process, and starts the node again.</summary>
    private void EndedByItself(Node node)
    {
        string what = $"{node.Id} (process {node.ProcessId}) ended by itself {clock.Elapsed.TotalSeconds:0.0} s after the begin";
        lock (crashes)
        {
            if (told.GetValueOrDefault(node.Id) == node.ProcessId)
            {
                return;
            }

            told[node.Id] = node.ProcessId;
            crashes.Add(what);
        }

        say($"  {what}");
        node.Launch();
    }

    private async Task WatchAsync(CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            foreach (Ground ground in bed.Grounds.Where(ground => !ground.Node.IsRunning && !bed.IsTaken(ground.Node.Id)))
            {
                int process = ground.Node.ProcessId;
                // Released by its fault a moment ago and started right then: look twice.
                await Task.Delay(Watch, CancellationToken.None);
                if (ground.Node.IsRunning || bed.IsTaken(ground.Node.Id) || ground.Node.ProcessId != process)
                {
                    continue;
                }

                EndedByItself(ground.Node);
            }

            await Task.Delay(Watch, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
