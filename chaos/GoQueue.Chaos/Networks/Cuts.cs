using GoQueue.Chaos.Machine;
using GoQueue.Harness;

namespace GoQueue.Chaos.Networks;

/// <summary>What becomes of packets from one place to another.</summary>
internal enum Cut
{
    /// <summary>They vanish.</summary>
    Drop,

    /// <summary>They are answered with a TCP reset.</summary>
    Reset,
}

/// <summary>
/// Which packets do not arrive. The rules stand in the network of the receiver, so that every direction is cut by itself. Faults may overlap: each cut is counted,
/// and goes when the last fault that made it has gone. Safe from any thread.
/// </summary>
internal sealed class Cuts(PrivateNetwork network) : IDisposable
{
    private const string Table = "goqueue";

    private readonly Dictionary<(Cut Kind, string FromAddress, string ToNode), int> counts = [];
    private readonly SemaphoreSlim gate = new(1, 1);

    /// <summary>Puts the rules, with nothing cut yet, into the network of a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="peerPort">Connections to this port of other nodes can be led another road (<see cref="LeadAsync"/>).</param>
    public Task PrepareAsync(string node, int peerPort) => ApplyAsync(node, $$"""
        table inet {{Table}} {
          set dropped { type ipv4_addr; }
          set severed { type ipv4_addr; }
          chain arriving {
            type filter hook input priority 0; policy accept;
            ip saddr @dropped counter drop
            ip saddr @severed meta l4proto tcp counter reject with tcp reset
          }
        }
        table ip {{Table}}roads {
          map roads { type ipv4_addr : ipv4_addr . inet_service; }
          chain leaving {
            type nat hook output priority -100; policy accept;
            tcp dport {{peerPort}} dnat ip to ip daddr map @roads
          }
        }
        """);

    /// <summary>What this address sends to the node does not arrive any more.</summary>
    public Task CutAsync(Cut kind, string fromAddress, string toNode) => CountAsync(kind, fromAddress, toNode, 1);

    /// <summary>Takes one <see cref="CutAsync"/> back.</summary>
    public Task HealAsync(Cut kind, string fromAddress, string toNode) => CountAsync(kind, fromAddress, toNode, -1);

    /// <summary>New peer connections of the node to that address go to a port of ours instead.</summary>
    public Task LeadAsync(string node, string toAddress, string viaAddress, int viaPort) =>
        ApplyAsync(node, $"add element ip {Table}roads roads {{ {toAddress} : {viaAddress} . {viaPort} }}");

    /// <summary>New peer connections of the node to that address go there straight again.</summary>
    public Task UnleadAsync(string node, string toAddress) => ApplyAsync(node, $"delete element ip {Table}roads roads {{ {toAddress} }}");

    /// <summary>Ends the connections that the node has with a peer now; both ends see a reset.</summary>
    public Task BreakAsync(string node, string peerAddress) => Tool.TryAsync("nsenter", [.. network.Into(node).Skip(1), "ss", "-K", "dst", peerAddress]);

    /// <summary>How many packets the rule of this kind has caught at the node so far.</summary>
    public async Task<long> CaughtAsync(Cut kind, string node)
    {
        ToolResult listing = await Tool.TryAsync("nsenter", [.. network.Into(node).Skip(1), "nft", "list", "chain", "inet", Table, "arriving"]);
        string? rule = listing.Output.Split('\n').FirstOrDefault(line => line.Contains(kind == Cut.Drop ? "@dropped" : "@severed", StringComparison.Ordinal));
        string[] words = rule?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        int at = Array.IndexOf(words, "packets");
        return at >= 0 && at + 1 < words.Length && long.TryParse(words[at + 1], out long packets) ? packets : 0;
    }

    public void Dispose() => gate.Dispose();

    private async Task CountAsync(Cut kind, string fromAddress, string toNode, int by)
    {
        await gate.WaitAsync();
        try
        {
            int before = counts.GetValueOrDefault((kind, fromAddress, toNode));
            int after = before + by;
            string set = kind == Cut.Drop ? "dropped" : "severed";
            if (before == 0 && after == 1)
            {
                await ApplyAsync(toNode, $"add element inet {Table} {set} {{ {fromAddress} }}");
            }
            else if (before == 1 && after == 0)
            {
                await ApplyAsync(toNode, $"delete element inet {Table} {set} {{ {fromAddress} }}");
            }

            counts[(kind, fromAddress, toNode)] = after;
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task ApplyAsync(string node, string script)
    {
        ToolResult result = await Tool.FeedAsync("nsenter", script, [.. network.Into(node).Skip(1), "nft", "-f", "-"]);
        if (!result.IsOk)
        {
            throw new HarnessException($"nft in the network of {node}: {result.Errors.Trim()}");
        }
    }
}
