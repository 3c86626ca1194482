using System.Diagnostics;
using GoQueue.Chaos.Machine;
using GoQueue.Chaos.Networks;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;

namespace GoQueue.Chaos.Nemesis;

/// <summary>
/// What a node sends, to anybody, goes through a narrow pipe: a token bucket of the kernel. A node that leads a partition, if there is one, and narrower by and by until
/// something has to wait: what a node sends depends on what it leads.
/// </summary>
internal sealed class SlowLink(TestBed bed, Random random) : LinkFault(bed, random, static nodes => [new Way(nodes[0], nodes[1])])
{
    private const int FirstKilobits = 400;
    private const int LeastKilobits = 25;
    private static readonly TimeSpan Narrower = TimeSpan.FromSeconds(1.5);
    private readonly Stopwatch sinceNarrowed = new();
    private int kilobits = FirstKilobits;

    public override bool IsHidden => Ways.Count > 0 && Bed.IsTaken(Victim);

    private string Victim => Ways[0].From;

    protected override async Task<string?> FirstAsync(IReadOnlyList<string> drawn, CancellationToken cancellationToken)
    {
        Node? serving = Bed.Cluster.Nodes.FirstOrDefault(node => node.Serves);
        TopicView? topic = serving is null ? null : await Bed.Cluster.TryTopicAsync(serving, Bed.Topic, cancellationToken);
        return drawn.FirstOrDefault(node => topic?.Partitions.Any(partition => partition.Leader == node) == true);
    }

    protected override Task HappenAsync(CancellationToken cancellationToken) => NarrowAsync();

    /// <summary>The bucket counts packets that came too fast.</summary>
    public override async Task<string?> VerifyEffectAsync(CancellationToken cancellationToken)
    {
        if (await HeldBackAsync() > 0)
        {
            return null;
        }

        if (kilobits > LeastKilobits && sinceNarrowed.Elapsed > Narrower)
        {
            kilobits /= 2;
            await NarrowAsync();
        }

        return $"the pipe of {Victim}, {kilobits} kbit/s, was never full";
    }

    public override async Task EndAsync(CancellationToken cancellationToken)
    {
        if (Ways.Count > 0)
        {
            await TcAsync("qdisc", "delete", "dev", PrivateNetwork.LinkInside, "root");
        }
    }

    /// <summary>A new bucket, which counts from 0.</summary>
    private async Task NarrowAsync()
    {
        Target = $"what {Victim} sends, {kilobits} kbit/s";
        await TcAsync("qdisc", "delete", "dev", PrivateNetwork.LinkInside, "root");
        ToolResult result = await TcAsync("qdisc", "add", "dev", PrivateNetwork.LinkInside, "root", "tbf", "rate", $"{kilobits}kbit", "burst", "16kb", "latency", "400ms");
        if (!result.IsOk)
        {
            throw new HarnessException($"tc in the network of {Victim}: {result.Errors.Trim()}");
        }

        sinceNarrowed.Restart();
    }

    private async Task<long> HeldBackAsync()
    {
        ToolResult listing = await TcAsync("-s", "qdisc", "show", "dev", PrivateNetwork.LinkInside);
        string[] words = listing.Output.Split((char[])[' ', ',', '\n', ')', '('], StringSplitOptions.RemoveEmptyEntries);
        int dropped = Array.IndexOf(words, "dropped");
        int late = Array.IndexOf(words, "overlimits");
        return Number(words, dropped) + Number(words, late);
    }

    private static long Number(string[] words, int at) => at >= 0 && at + 1 < words.Length && long.TryParse(words[at + 1], out long number) ? number : 0;

    private Task<ToolResult> TcAsync(params string[] arguments) => Tool.TryAsync("nsenter", [.. Bed.Network.Into(Victim).Skip(1), "tc", .. arguments]);
}
