using System.Globalization;
using GoQueue.Harness;

namespace GoQueue.Chaos.Machine;

/// <summary>
/// A control group for one node: bounds on its share of the processor, its memory and its disk. Knows both layouts: one tree for all (version 2) and one for each
/// controller (version 1).
/// </summary>
internal sealed class ControlGroup
{
    private const string Root = "/sys/fs/cgroup";
    private const int PeriodMicroseconds = 100_000;
    private static readonly string[] OldControllers = ["cpu", "memory", "blkio"];

    private readonly string name;

    private ControlGroup(string name) => this.name = name;

    private static bool IsUnified => File.Exists($"{Root}/cgroup.controllers");

    /// <summary>Why there can be none here; null when there can.</summary>
    public static string? Obstacle()
    {
        if (!NativeMethods.IsRoot)
        {
            return "needs root";
        }

        if (IsUnified)
        {
            string[] there = File.ReadAllText($"{Root}/cgroup.controllers").Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
            string[] missing = [.. new[] { "cpu", "memory", "io" }.Except(there)];
            return missing.Length == 0 ? null : $"the kernel offers no control group controller {string.Join(", ", missing)}";
        }

        string[] absent = [.. OldControllers.Where(controller => !File.Exists($"{Root}/{controller}/cgroup.procs"))];
        return absent.Length == 0 ? null : $"no control group controller {string.Join(", ", absent)} is mounted";
    }

    public static ControlGroup Create(string name)
    {
        ControlGroup group = new(name);
        if (IsUnified)
        {
            File.WriteAllText($"{Root}/cgroup.subtree_control", "+cpu +memory +io");
            Directory.CreateDirectory($"{Root}/{name}");
        }
        else
        {
            foreach (string controller in OldControllers)
            {
                Directory.CreateDirectory($"{Root}/{controller}/{name}");
            }
        }

        return group;
    }

    /// <summary>Folders of all groups of that name.</summary>
    public static IEnumerable<string> Folders(string name) =>
        (IsUnified ? [$"{Root}/{name}"] : OldControllers.Select(controller => $"{Root}/{controller}/{name}")).Where(Directory.Exists);

    /// <summary>Names of all groups that are there.</summary>
    public static IEnumerable<string> Names() =>
        (IsUnified ? [Root] : OldControllers.Select(controller => $"{Root}/{controller}")).Where(Directory.Exists).SelectMany(Directory.GetDirectories).Select(folder => Path.GetFileName(folder)!).Distinct();

    /// <summary>What starts a program inside.</summary>
    public IReadOnlyList<string> Into() =>
    [
        "sh", "-c", string.Join("; ", Folders(name).Select(folder => $"echo $$ > {folder}/cgroup.procs")) + "; exec \"$@\"", "sh",
    ];

    /// <summary>At most this share of one processor; null for no bound.</summary>
    public void BoundProcessor(double? share)
    {
        string quota = share is { } part ? Text((long)(part * PeriodMicroseconds)) : IsUnified ? "max" : "-1";
        if (IsUnified)
        {
            Write("cpu", "cpu.max", $"{quota} {PeriodMicroseconds}");
        }
        else
        {
            Write("cpu", "cpu.cfs_quota_us", quota);
        }
    }

    /// <summary>How often it was held back for the processor so far.</summary>
    public long TimesThrottled() => Statistic("cpu", "cpu.stat", "nr_throttled");

    /// <summary>Bytes it holds now, the page cache of its files included.</summary>
    public long MemoryBytes() => long.Parse(Read("memory", IsUnified ? "memory.current" : "memory.usage_in_bytes"), CultureInfo.InvariantCulture);

    /// <summary>Bytes that are not page cache.</summary>
    public long OwnMemoryBytes() => Statistic("memory", "memory.stat", IsUnified ? "anon" : "total_rss");

    /// <summary>At most about so many bytes; null for no bound. Version 2 slows the group down above it, version 1 gives its page cache away and, when that does not do, lets the system end it.</summary>
    /// <returns>False when the group holds more now than it could give away.</returns>
    public bool TryBoundMemory(long? bytes)
    {
        try
        {
            Write("memory", IsUnified ? "memory.high" : "memory.limit_in_bytes", bytes is { } most ? Text(most) : IsUnified ? "max" : "-1");
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>How often it ran into the bound of its memory so far.</summary>
    public long TimesShortOfMemory() => IsUnified ? Statistic("memory", "memory.events", "high") : long.Parse(Read("memory", "memory.failcnt"), CultureInfo.InvariantCulture);

    /// <summary>How many of its processes the system has ended for want of memory so far.</summary>
    public long TimesEnded() => Statistic("memory", IsUnified ? "memory.events" : "memory.oom_control", "oom_kill");

    /// <summary>At most so many bytes a second to and from a device, as <c>major:minor</c>; null for no bound.</summary>
    public void BoundDisk(string device, long? bytesPerSecond)
    {
        if (IsUnified)
        {
            string most = bytesPerSecond is { } bound ? Text(bound) : "max";
            Write("io", "io.max", $"{device} wbps={most} rbps={most}");
        }
        else
        {
            string most = Text(bytesPerSecond ?? 0); // 0: none
            Write("blkio", "blkio.throttle.write_bps_device", $"{device} {most}");
            Write("blkio", "blkio.throttle.read_bps_device", $"{device} {most}");
        }
    }

    /// <summary>The processes in it.</summary>
    public static IEnumerable<int> Processes(string folder) =>
        File.ReadAllLines(Path.Combine(folder, "cgroup.procs")).Where(line => line.Length > 0).Select(line => int.Parse(line, CultureInfo.InvariantCulture));

    /// <summary>Takes it away; its processes must have ended.</summary>
    public async Task RemoveAsync()
    {
        foreach (string folder in Folders(name).ToList())
        {
            // A process that ended may count as there for a moment.
            await Wait.UntilAsync($"{folder} is removed", TimeSpan.FromSeconds(5), () => Task.FromResult(TryRemove(folder)), CancellationToken.None);
        }
    }

    public static bool TryRemove(string folder)
    {
        try
        {
            Directory.Delete(folder);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return !Directory.Exists(folder);
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private long Statistic(string controller, string file, string key) =>
        Read(controller, file).Split('\n').Select(line => line.Split(' ')).Where(words => words[0] == key).Select(words => long.Parse(words[1], CultureInfo.InvariantCulture)).FirstOrDefault();

    private string Read(string controller, string file) => File.ReadAllText(PathOf(controller, file));

    private void Write(string controller, string file, string value) => File.WriteAllText(PathOf(controller, file), value);

    private string PathOf(string controller, string file) => IsUnified ? $"{Root}/{name}/{file}" : $"{Root}/{controller}/{name}/{file}";
}
