using System.Diagnostics;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>A small file system in memory, mounted for one node; needs root.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private const string Ballast = "ballast";

    private SmallDisk(string folder) => Folder = folder;

    public string Folder { get; }

    /// <summary>Null when nothing can be mounted here.</summary>
    public static async Task<SmallDisk?> TryMountAsync(string folder, int mebibytes)
    {
        Directory.CreateDirectory(folder);
        return await RunAsync("mount", "-t", "tmpfs", "-o", $"size={mebibytes}m,mode=700", "goqueue-cluster-test", folder) == 0 ? new SmallDisk(folder) : null;
    }

    /// <summary>Takes all the room that is left.</summary>
    public void Fill()
    {
        byte[] zeros = new byte[64 << 10];
        using FileStream file = new(Path.Combine(Folder, Ballast), FileMode.Append, FileAccess.Write, FileShare.None, 1);
        try
        {
            while (true)
            {
                file.Write(zeros);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>Gives the room back.</summary>
    public void Free() => File.Delete(Path.Combine(Folder, Ballast));

    public async ValueTask DisposeAsync()
    {
        if (await RunAsync("umount", Folder) != 0)
        {
            await RunAsync("umount", "-l", Folder);
        }
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
            await process.WaitForExitAsync();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }
}
