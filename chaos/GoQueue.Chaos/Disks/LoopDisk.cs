using GoQueue.Chaos.Machine;
using GoQueue.Harness;

namespace GoQueue.Chaos.Disks;

/// <summary>
/// A small ext4 file system of one node, in a file that a loop device shows as a disk. The file stands for the platter: what the file system has flushed is in it, what it
/// has not is only in memory and can be taken away.
/// </summary>
internal sealed class LoopDisk : IAsyncDisposable
{
    private const string Ballast = "ballast";
    private const int BallastPieceBytes = 64 << 10;

    private readonly string file;

    private LoopDisk(string file, string folder, string device)
    {
        this.file = file;
        Folder = folder;
        Device = device;
    }

    /// <summary>Where it is mounted.</summary>
    public string Folder { get; }

    /// <summary>For example /dev/loop3.</summary>
    public string Device { get; }

    /// <summary>Major and minor number, as control groups name devices.</summary>
    public string Number { get; private set; } = string.Empty;

    public static async Task<LoopDisk> CreateAsync(string file, string folder, int mebibytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        Directory.CreateDirectory(folder);
        using (FileStream made = new(file, FileMode.Create, FileAccess.Write))
        {
            made.SetLength((long)mebibytes << 20);
        }

        await Tool.RunAsync("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=1,lazy_journal_init=1", file);
        string device = (await Tool.RunAsync("losetup", "--find", "--show", file)).Trim();
        LoopDisk disk = new(file, folder, device);
        try
        {
            disk.Number = (await Tool.RunAsync("stat", "-c", "%Hr:%Lr", device)).Trim();
            await disk.MountAsync();
            return disk;
        }
        catch
        {
            await disk.DisposeAsync();
            throw;
        }
    }

    /// <summary>From here on nothing reaches the platter and nothing can be read; what was not flushed is lost. Every call of a process on it fails with EIO.</summary>
    public void ShutDown()
    {
        int error = NativeMethods.ShutDownFileSystem(Folder);
        if (error != 0)
        {
            throw new HarnessException($"the file system in {Folder} does not shut down: error {error}");
        }
    }

    /// <summary>After <see cref="ShutDown"/>: the file system as the platter has it. No process may stand on it.</summary>
    public async Task RemountAsync()
    {
        // A process that was killed may still be closing its files.
        await Wait.UntilAsync($"{Folder} is unmounted", TimeSpan.FromSeconds(20), async () => (await Tool.TryAsync("umount", Folder)).IsOk, CancellationToken.None);
        await MountAsync();
    }

    /// <summary>Takes all the room that is left.</summary>
    public void Fill()
    {
        byte[] zeros = new byte[BallastPieceBytes];
        try
        {
            using FileStream ballast = new(Path.Combine(Folder, Ballast), FileMode.Append, FileAccess.Write, FileShare.None, 1);
            while (true)
            {
                ballast.Write(zeros);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>Whether a file of some size cannot be written.</summary>
    public bool IsFull()
    {
        string probe = Path.Combine(Folder, "probe");
        try
        {
            File.WriteAllBytes(probe, new byte[BallastPieceBytes]);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
        finally
        {
            File.Delete(probe);
        }
    }

    /// <summary>Gives back the room that <see cref="Fill"/> took.</summary>
    public void Free() => File.Delete(Path.Combine(Folder, Ballast));

    public async ValueTask DisposeAsync()
    {
        if (!(await Tool.TryAsync("umount", Folder)).IsOk)
        {
            await Tool.TryAsync("umount", "-l", Folder);
        }

        await Tool.TryAsync("losetup", "--detach", Device);
        File.Delete(file);
    }

    private Task MountAsync() => Tool.RunAsync("mount", "-t", "ext4", "-o", "noatime", Device, Folder);
}
