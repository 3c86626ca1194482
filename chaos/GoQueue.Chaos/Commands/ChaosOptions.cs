using System.Globalization;
using GoQueue.Chaos.Workloads;

namespace GoQueue.Chaos.Commands;

/// <summary>A command line that cannot be understood; the message says how it is meant.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>What <c>run</c> is told.</summary>
internal sealed record ChaosOptions
{
    /// <summary>Folder of goqueue-server; that of this program unless told otherwise.</summary>
    public required string Bin { get; init; }

    /// <summary>The program that the nodes run; null for goqueue-server in <see cref="Bin"/>.</summary>
    public string? Server { get; init; }

    /// <summary>Folder for the results.</summary>
    public required string Out { get; init; }

    public int Seed { get; init; }

    /// <summary>Of each trial, from the first client to the last fault.</summary>
    public TimeSpan Length { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Faults that get a trial of their own: names, or <c>all</c>, or <c>none</c> for a trial without any.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];

    public int Pairs { get; init; }

    public int Mixtures { get; init; }

    /// <summary>Mixtures with fresh seeds until stopped.</summary>
    public bool IsSoak { get; init; }

    /// <summary>Loopback and signals only, also where more could be had.</summary>
    public bool IsPlain { get; init; }

    public int Nodes { get; init; } = 3;

    public WorkloadPlan Workload { get; init; } = new() { Topic = "chaos" };

    /// <summary>Names and HTTP addresses of the nodes of a cluster that runs already; empty for one of our own.</summary>
    public IReadOnlyList<(string Name, Uri Address)> Attach { get; init; } = [];

    /// <summary>With attach: the command for each deed (kill, start, pause, resume, cut, heal).</summary>
    public IReadOnlyDictionary<string, string> Hooks { get; init; } = new Dictionary<string, string>();

    /// <exception cref="UsageException">Something is not understood.</exception>
    public static ChaosOptions Parse(IReadOnlyList<string> arguments, string ownFolder, int freshSeed)
    {
        Arguments given = new(arguments);
        ChaosOptions options = new()
        {
            Bin = Path.GetFullPath(given.Text("--bin") ?? ownFolder),
            Server = given.Text("--server") is { } server ? Path.GetFullPath(server) : null,
            Out = Path.GetFullPath(given.Text("--out") ?? Path.Combine("goqueue-chaos", DateTime.Now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture))),
            Seed = given.Number("--seed", freshSeed, 0, int.MaxValue),
            Length = TimeSpan.FromSeconds(given.Number("--seconds", 60, 5, 86_400)),
            Faults = given.List("--faults"),
            Pairs = given.Number("--pairs", 0, 0, 1000),
            Mixtures = given.Number("--mixtures", 0, 0, 1000),
            IsSoak = given.Switch("--soak"),
            IsPlain = given.Switch("--plain"),
            Nodes = given.Number("--nodes", 3, 3, 9),
            Attach = [.. given.List("--attach").Select(MemberOf)],
            Hooks = HooksOf(given.All("--hook")),
            Workload = WorkloadOf(given),
        };
        given.Finish();
        if (options.Hooks.Count > 0 && options.Attach.Count == 0)
        {
            throw new UsageException("--hook goes with --attach only: a cluster of our own needs none");
        }

        bool isEmpty = options is { Faults.Count: 0, Pairs: 0, Mixtures: 0, IsSoak: false };
        return isEmpty ? options with { Mixtures = 1 } : options;
    }

    private static (string Name, Uri Address) MemberOf(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && Uri.TryCreate(text[(equals + 1)..], UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https"
            ? (text[..equals], address)
            : throw new UsageException($"--attach '{text}': expected NAME=http://HOST:PORT of every node, separated by commas");
    }

    private static WorkloadPlan WorkloadOf(Arguments given)
    {
        WorkloadPlan usual = new() { Topic = given.Text("--topic") ?? "chaos" };
        IReadOnlyList<string> chosen = given.List("--workloads");
        string? unknown = chosen.FirstOrDefault(name => !WorkloadPlan.Names.Contains(name));
        if (unknown is not null)
        {
            throw new UsageException($"there is no workload '{unknown}'; there are {string.Join(", ", WorkloadPlan.Names)}");
        }

        int replicas = given.Number("--replicas", usual.Replicas, 1, 9);
        return usual with
        {
            Partitions = given.Number("--partitions", usual.Partitions, 1, 32),
            Replicas = replicas,
            MinInSync = given.Number("--min-isr", Math.Min(2, replicas), 1, replicas),
            Rate = given.Number("--rate", usual.Rate, 1, 20_000),
            Bytes = given.Number("--bytes", usual.Bytes, 48, 1 << 20),
            Chosen = chosen.Count > 0 ? chosen : WorkloadPlan.Names,
        };
    }

    private static Dictionary<string, string> HooksOf(IReadOnlyList<string> texts)
    {
        Dictionary<string, string> hooks = [];
        foreach (string text in texts)
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            string name = equals > 0 ? text[..equals] : text;
            if (equals <= 0 || name is not ("kill" or "start" or "pause" or "resume" or "cut" or "heal") || !text.Contains("{node}", StringComparison.Ordinal))
            {
                throw new UsageException($"--hook '{text}': expected kill|start|pause|resume|cut|heal=COMMAND, with {{node}} where the node's name belongs");
            }

            if (!hooks.TryAdd(name, text[(equals + 1)..]))
            {
                throw new UsageException($"--hook {name} is given twice");
            }
        }

        return hooks;
    }
}
