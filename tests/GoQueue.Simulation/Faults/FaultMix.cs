using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Faults;

/// <summary>
/// Which faults one run meets and how often. Each is in or out by the toss of a coin: a run with few kinds of faults gets deeper into their
/// combinations than one with all of them (swarm testing).
/// </summary>
internal sealed record FaultMix
{
    /// <summary>The process dies; its disk keeps what was written.</summary>
    public bool Kill { get; init; }

    /// <summary>The machine loses power: what was not flushed is gone, or torn.</summary>
    public bool PowerLoss { get; init; }

    /// <summary>The process or the power goes in the middle of a disk operation.</summary>
    public bool CrashInOperation { get; init; }

    public bool Pause { get; init; }

    public bool FlushFailure { get; init; }

    public bool DiskFull { get; init; }

    public bool SlowDisk { get; init; }

    public bool ClockJump { get; init; }

    public bool CutBothWays { get; init; }

    public bool CutOneWay { get; init; }

    public bool Reset { get; init; }

    public bool LossyNetwork { get; init; }

    public bool SlowNetwork { get; init; }

    public bool FullQueues { get; init; }

    /// <summary>An operator at work: leaders are moved, replicas reassigned, nodes drained and, where there are enough of them, added and removed.</summary>
    public bool Administration { get; init; }

    /// <summary>More than a minority may be down at once. Nothing acknowledged may be lost even then.</summary>
    public bool Majority { get; init; }

    /// <summary>A node stops as it should, and starts again.</summary>
    public bool OrderlyStop { get; init; }

    /// <summary>A disk is lost: the node comes back with an empty one, as another incarnation.</summary>
    public bool WipedDisk { get; init; }

    /// <summary>Requests of clients arrive late, after later ones.</summary>
    public bool LateRequests { get; init; }

    /// <summary>Requests of clients arrive twice.</summary>
    public bool RepeatedRequests { get; init; }

    /// <summary>Answers to clients are lost.</summary>
    public bool LostAnswers { get; init; }

    /// <summary>Longest pause between two faults, in milliseconds.</summary>
    public int MaxMillisBetween { get; init; }

    public static FaultMix Draw(SeededStream random) => new()
    {
        Kill = random.Coin(),
        PowerLoss = random.Coin(),
        CrashInOperation = random.Coin(),
        Pause = random.Coin(),
        FlushFailure = random.Below(3) == 0,
        DiskFull = random.Below(3) == 0,
        SlowDisk = random.Below(3) == 0,
        ClockJump = random.Coin(),
        CutBothWays = random.Coin(),
        CutOneWay = random.Coin(),
        Reset = random.Coin(),
        LossyNetwork = random.Below(3) == 0,
        SlowNetwork = random.Below(3) == 0,
        FullQueues = random.Below(4) == 0,
        Administration = random.Coin(),
        Majority = random.Below(3) == 0,
        MaxMillisBetween = 50 << random.Below(6),
    };

    /// <summary>The faults that only worlds of whole brokers have.</summary>
    public FaultMix WithBrokerFaults(SeededStream random) => this with
    {
        OrderlyStop = random.Coin(),
        WipedDisk = random.Below(3) == 0,
        LateRequests = random.Below(3) == 0,
        RepeatedRequests = random.Below(3) == 0,
        LostAnswers = random.Below(3) == 0,
    };

    public override string ToString() => string.Join(
        ' ',
        typeof(FaultMix).GetProperties().Where(property => property.PropertyType == typeof(bool) && (bool)property.GetValue(this)!).Select(property => property.Name))
        + $" every {MaxMillisBetween} ms at most";
}
