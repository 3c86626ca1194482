using GoQueue.Chaos.Machine;
using GoQueue.Chaos.Networks;
using GoQueue.Harness;

namespace GoQueue.Chaos.Nemesis;

/// <summary>What a node sends, to anybody, goes through a narrow pipe: a token bucket of the kernel.</summary>
internal sealed class SlowLink(TestBed bed, Random random) : LinkFault(bed, random, static nodes => [new Way(nodes[0], nodes[1])])
{
    private const string Rate = "400kbit";
    private long sentBefore;

    private string Node => Ways[0].From;

    protected override async Task HappenAsync(CancellationToken cancellationToken)
    {
        Target = $"what {Node} sends, {Rate}";
        ToolResult result = await TcAsync("qdisc", "replace", "dev", PrivateNetwork.LinkInside, "root", "tbf", "rate", Rate, "burst", "16kb", "latency", "400ms");
        if (!result.IsOk)
        {
            throw new HarnessException($"tc in the network of {Node}: {result.Errors.Trim()}");
        }

        sentBefore = await HeldBackAsync();
    }

    /// <summary>The bucket counts packets that came too fast.</summary>
    public override async Task<string?> VerifyEffectAsync(CancellationToken cancellationToken) =>
        await HeldBackAsync() > sentBefore ? null : $"the pipe of {Node} was never full";

    public override async Task EndAsync(CancellationToken cancellationToken)
    {
        if (Ways.Count > 0)
        {
            await TcAsync("qdisc", "delete", "dev", PrivateNetwork.LinkInside, "root");
        }
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

    private Task<ToolResult> TcAsync(params string[] arguments) => Tool.TryAsync("nsenter", [.. Bed.Network.Into(Node).Skip(1), "tc", .. arguments]);
}
