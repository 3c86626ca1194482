using System.Globalization;
using GoQueue.Harness.Clusters;
using GoQueue.Chaos.Clients;
using GoQueue.Chaos.Nemesis;

namespace GoQueue.Chaos.Machine;

/// <summary>What the system holds under names of ours, of whichever run.</summary>
/// <param name="Servers">Processes, with the run that their command line names.</param>
/// <param name="Loops">Loop devices with the file behind each.</param>
/// <param name="Mounts">Device and folder.</param>
internal sealed record Inventory(
    IReadOnlyList<string> Namespaces,
    IReadOnlyList<string> Links,
    IReadOnlyList<string> Groups,
    IReadOnlyList<(string Device, string File)> Loops,
    IReadOnlyList<(string Device, string Folder)> Mounts,
    IReadOnlyList<(int Process, RunName Run)> Servers);

/// <summary>What to take away, in the order in which it can be.</summary>
internal sealed record CleaningPlan(
    IReadOnlyList<int> Servers,
    IReadOnlyList<string> Namespaces,
    IReadOnlyList<string> Groups,
    IReadOnlyList<string> Unmounts,
    IReadOnlyList<string> Loops,
    IReadOnlyList<string> Links)
{
    public int Count => Servers.Count + Namespaces.Count + Groups.Count + Unmounts.Count + Loops.Count + Links.Count;

    public bool IsEmpty => Count == 0;

    /// <summary>Everything of runs whose process is gone. Folders of a run that was killed are known by the name of the run in their path.</summary>
    public static CleaningPlan For(Inventory found, Func<int, bool> isAlive)
    {
        string[] loops = [.. found.Loops.Where(loop => OwnerOf(loop.File) is { } owner && !isAlive(owner.ProcessId)).Select(loop => loop.Device)];
        return new CleaningPlan(
            [.. found.Servers.Where(server => !isAlive(server.Run.ProcessId)).Select(server => server.Process)],
            [.. found.Namespaces.Where(IsDead)],
            [.. found.Groups.Where(IsDead)],
            [.. found.Mounts.Where(mount => loops.Contains(mount.Device)).Select(mount => mount.Folder)],
            loops,
            [.. found.Links.Where(IsDead)]);

        bool IsDead(string thing) => RunName.Of(thing) is { } owner && !isAlive(owner.ProcessId);
    }

    /// <summary>The run that a path belongs to: one of its parts is the run's name.</summary>
    private static RunName? OwnerOf(string path) => path.Split('/').Select(RunName.Of).FirstOrDefault(owner => owner is not null);
}

/// <summary>Takes away what runs left behind that were killed. What belongs to a process that lives is never touched.</summary>
internal static class Leftovers
{
    /// <summary>Answers how many things were taken away.</summary>
    public static async Task<int> CleanAsync()
    {
        CleaningPlan plan = CleaningPlan.For(await TakeStockAsync(), process => Processes.IsThere(process));
        foreach (int server in plan.Servers)
        {
            TryKill(server);
        }

        foreach (string space in plan.Namespaces)
        {
            await Tool.TryAsync("ip", "netns", "delete", space);
        }

        foreach (string group in plan.Groups)
        {
            foreach (string folder in ControlGroup.Folders(group))
            {
                foreach (int process in ControlGroup.Processes(folder))
                {
                    TryKill(process);
                }

                ControlGroup.TryRemove(folder);
            }
        }

        foreach (string folder in plan.Unmounts)
        {
            if (!(await Tool.TryAsync("umount", folder)).IsOk)
            {
                await Tool.TryAsync("umount", "-l", folder);
            }
        }

        foreach (string device in plan.Loops)
        {
            await Tool.TryAsync("losetup", "--detach", device);
        }

        foreach (string link in plan.Links)
        {
            await Tool.TryAsync("ip", "link", "delete", link);
        }

        return plan.Count;
    }

    private static async Task<Inventory> TakeStockAsync()
    {
        string links = (await Tool.TryAsync("ip", "-o", "link", "show")).Output;
        string loops = (await Tool.TryAsync("losetup", "--noheadings", "--raw", "--output", "NAME,BACK-FILE")).Output;
        string[] mounts = File.Exists("/proc/self/mounts") ? await File.ReadAllLinesAsync("/proc/self/mounts") : [];
        return new Inventory(
            Directory.Exists("/run/netns") ? [.. Directory.GetFiles("/run/netns").Select(file => Path.GetFileName(file)!)] : [],
            [.. links.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1].TrimEnd(':').Split('@')[0])],
            [.. ControlGroup.Names()],
            [.. loops.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', 2)).Where(words => words.Length == 2).Select(words => (words[0], words[1]))],
            [.. mounts.Select(line => line.Split(' ')).Where(words => words.Length > 1).Select(words => (words[0], words[1].Replace("\\040", " ", StringComparison.Ordinal)))],
            [.. ServersOf()]);
    }

    /// <summary>Servers that were started by a run, whose cluster id is its name, and its clients, which are told it.</summary>
    private static IEnumerable<(int Process, RunName Run)> ServersOf()
    {
        foreach (string folder in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int process))
            {
                continue;
            }

            string[] words;
            try
            {
                words = File.ReadAllText(Path.Combine(folder, "cmdline")).Split('\0');
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                continue;
            }

            int at = Math.Max(Array.IndexOf(words, "--cluster-id"), Array.IndexOf(words, ClientLines.RunArgument));
            if (at >= 0 && at + 1 < words.Length && words[at + 1] == RunName.Of(words[at + 1])?.ToString())
            {
                yield return (process, RunName.Of(words[at + 1])!.Value);
            }
        }
    }

    private static void TryKill(int process)
    {
        try
        {
            Signals.Send(process, Signals.Kill);
        }
        catch (Harness.HarnessException)
        {
            // It has ended.
        }
    }
}
