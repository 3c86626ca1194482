namespace GoQueue.Chaos.Machine;

/// <summary>What a fault needs of the machine.</summary>
[Flags]
internal enum Needs
{
    /// <summary>Signals to processes; always there.</summary>
    Nothing = 0,

    /// <summary>A network of its own for each node, cut by nftables.</summary>
    Network = 1,

    /// <summary>Bandwidth bounds on links (tc).</summary>
    Rates = 2,

    /// <summary>A file system of its own for each node.</summary>
    Disk = 4,

    /// <summary>Control groups.</summary>
    Groups = 8,

    /// <summary>libfaketime.</summary>
    Clock = 16,
}

/// <summary>What this machine lets us do, and why not the rest.</summary>
/// <param name="Obstacles">By what cannot be had, why not and what to do about it.</param>
internal sealed record Abilities(IReadOnlyDictionary<Needs, string> Obstacles)
{
    private const string TimeLibraryName = "libfaketimeMT.so.1";
    private static readonly string[] LibraryFolders = ["/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib64/faketime", "/usr/lib/faketime", "/usr/local/lib/faketime"];

    /// <summary>Path of libfaketime; null when it is not here.</summary>
    public static string? TimeLibrary => LibraryFolders.Select(folder => Path.Combine(folder, TimeLibraryName)).FirstOrDefault(File.Exists);

    /// <summary>Nothing but signals: what a run on loopback has.</summary>
    public static Abilities Plain(string why) =>
        new(new SortedDictionary<Needs, string> { [Needs.Network] = why, [Needs.Rates] = why, [Needs.Disk] = why, [Needs.Groups] = why, [Needs.Clock] = why });

    public static async Task<Abilities> OfThisMachineAsync()
    {
        SortedDictionary<Needs, string> obstacles = [];
        if (!NativeMethods.IsRoot)
        {
            foreach (Needs need in new[] { Needs.Network, Needs.Rates, Needs.Disk, Needs.Groups })
            {
                obstacles.Add(need, "needs root (sudo)");
            }
        }
        else
        {
            await ProbeAsync(obstacles, Needs.Network, ("ip", "-V", "install iproute2"), ("nft", "--version", "install nftables"), ("ss", "-V", "install iproute2"), ("nsenter", "--version", "install util-linux"));
            if (!obstacles.ContainsKey(Needs.Network) && await NamespaceObstacleAsync() is { } refused)
            {
                obstacles.Add(Needs.Network, refused);
            }

            await ProbeAsync(obstacles, Needs.Rates, ("tc", "-V", "install iproute2"));
            await ProbeAsync(obstacles, Needs.Disk, ("losetup", "--version", "install util-linux"), ("mkfs.ext4", "-V", "install e2fsprogs"), ("mount", "--version", "install util-linux"));
            if (!obstacles.ContainsKey(Needs.Disk) && !File.Exists("/dev/loop-control"))
            {
                obstacles.Add(Needs.Disk, "the kernel offers no loop devices (modprobe loop)");
            }

            if (ControlGroup.Obstacle() is { } obstacle)
            {
                obstacles.Add(Needs.Groups, obstacle);
            }
        }

        if (TimeLibrary is null)
        {
            obstacles.Add(Needs.Clock, $"no {TimeLibraryName} here (install the package faketime)");
        }

        return new Abilities(obstacles);
    }

    public bool Has(Needs needs) => Obstacles.Keys.All(missing => (needs & missing) == 0);

    /// <summary>Why these needs cannot be met; null when they can.</summary>
    public string? Obstacle(Needs needs) => Obstacles.Where(missing => (needs & missing.Key) != 0).Select(missing => missing.Value).FirstOrDefault();

    private static async Task ProbeAsync(SortedDictionary<Needs, string> obstacles, Needs need, params (string Program, string Argument, string Remedy)[] programs)
    {
        foreach ((string program, string argument, string remedy) in programs)
        {
            if ((await Tool.TryAsync(program, argument)).Code == -1)
            {
                obstacles.TryAdd(need, $"there is no {program} here ({remedy})");
            }
        }
    }

    /// <summary>In a container without the right to make networks root is not enough.</summary>
    private static async Task<string?> NamespaceObstacleAsync()
    {
        string probe = new RunName(Environment.ProcessId).Namespace("probe");
        ToolResult made = await Tool.TryAsync("ip", "netns", "add", probe);
        if (!made.IsOk)
        {
            return $"network namespaces cannot be made here: {made.Errors.Trim()}";
        }

        ToolResult filtered = await Tool.TryAsync("ip", "netns", "exec", probe, "nft", "add", "table", "inet", "probe");
        await Tool.TryAsync("ip", "netns", "delete", probe);
        return filtered.IsOk ? null : $"nftables does not work here: {filtered.Errors.Trim()}";
    }
}
