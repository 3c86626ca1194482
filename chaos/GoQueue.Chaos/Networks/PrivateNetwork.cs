using System.Net.NetworkInformation;
using System.Net.Sockets;
using GoQueue.Chaos.Machine;
using GoQueue.Harness;

namespace GoQueue.Chaos.Networks;

/// <summary>
/// A bridge of ours with one network namespace for each node. Nodes have .1, .2, ...; this process, where the clients run, has .254. Whatever happens to links here
/// happens to nobody else.
/// </summary>
internal sealed class PrivateNetwork : IAsyncDisposable
{
    public const string LinkInside = "eth0";
    private const int OwnLast = 254;
    private const int FirstThird = 16;
    private const int LastThird = 239;

    private readonly RunName name;
    private readonly string prefix;
    private readonly Dictionary<string, string> addresses = [];

    private PrivateNetwork(RunName name, string prefix)
    {
        this.name = name;
        this.prefix = prefix;
    }

    /// <summary>Of this process on the bridge.</summary>
    public string OwnAddress => $"{prefix}{OwnLast}";

    public static async Task<PrivateNetwork> CreateAsync(RunName name)
    {
        PrivateNetwork network = new(name, FreePrefix());
        try
        {
            await Tool.RunAsync("ip", "link", "add", name.Bridge, "type", "bridge");
            await Tool.RunAsync("ip", "address", "add", $"{network.OwnAddress}/24", "dev", name.Bridge);
            await Tool.RunAsync("ip", "link", "set", name.Bridge, "up");
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>A namespace for one more node, connected to the bridge; answers its address.</summary>
    public async Task<string> AddAsync(string node)
    {
        int number = addresses.Count + 1;
        string space = name.Namespace(node);
        string link = name.Link(number);
        addresses.Add(node, $"{prefix}{number}");
        await Tool.RunAsync("ip", "netns", "add", space);
        await Tool.RunAsync("ip", "link", "add", link, "type", "veth", "peer", "name", LinkInside, "netns", space);
        await Tool.RunAsync("ip", "link", "set", link, "master", name.Bridge, "up");
        await Tool.RunAsync("ip", "-n", space, "address", "add", $"{addresses[node]}/24", "dev", LinkInside);
        await Tool.RunAsync("ip", "-n", space, "link", "set", LinkInside, "up");
        await Tool.RunAsync("ip", "-n", space, "link", "set", "lo", "up");
        return addresses[node];
    }

    public string AddressOf(string node) => addresses[node];

    public string NamespaceOf(string node) => name.Namespace(node);

    /// <summary>What starts a program inside. <c>ip netns exec</c> would also give it mounts of its own, and disks come and go.</summary>
    public IReadOnlyList<string> Into(string node) => ["nsenter", $"--net={PathOf(node)}", "--"];

    /// <summary>Runs something on a thread of its own that lives in the node's network and ends with it.</summary>
    public Task<T> InsideAsync<T>(string node, Func<T> what)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() =>
        {
            try
            {
                int error = NativeMethods.EnterNetwork(PathOf(node));
                done.SetResult(error == 0 ? what() : throw new HarnessException($"cannot enter the network of {node}: error {error}"));
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
        })
        { IsBackground = true, Name = $"network of {node}" };
        thread.Start();
        return done.Task;
    }

    /// <summary>Takes everything away again; what is not there is no mistake.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (string node in addresses.Keys)
        {
            await Tool.TryAsync("ip", "netns", "delete", name.Namespace(node));
        }

        for (int number = 1; number <= addresses.Count; number++)
        {
            await Tool.TryAsync("ip", "link", "delete", name.Link(number)); // usually gone with its other end
        }

        await Tool.TryAsync("ip", "link", "delete", name.Bridge);
    }

    private string PathOf(string node) => $"/run/netns/{name.Namespace(node)}";

    /// <summary>A /24 of 10.213.0.0/16 in which this machine has no address.</summary>
    private static string FreePrefix()
    {
        HashSet<string> taken = [.. NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(link => link.GetIPProperties().UnicastAddresses)
            .Where(address => address.Address.AddressFamily == AddressFamily.InterNetwork)
            .Select(address => address.Address.ToString())];
        for (int third = FirstThird; third <= LastThird; third++)
        {
            string prefix = $"10.213.{((third + Environment.ProcessId) % (LastThird - FirstThird + 1)) + FirstThird}.";
            if (!taken.Any(address => address.StartsWith(prefix, StringComparison.Ordinal)))
            {
                return prefix;
            }
        }

        throw new HarnessException("no free network in 10.213.0.0/16");
    }
}
