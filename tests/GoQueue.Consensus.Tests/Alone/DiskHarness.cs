using GoQueue.Consensus.Tests.Contract;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Storage.Directories;
using GoQueue.Testing;

namespace GoQueue.Consensus.Tests.Alone;

/// <summary>
/// A log of one voter on a real directory. A crash stops the loop for good between two turns, so that nothing more is written or answered, and goes
/// on with a copy of the files: what a killed process leaves behind.
/// </summary>
internal sealed class DiskHarness : IMetadataLogHarness
{
    private readonly TempFolder folder = new();
    private readonly RaftOptions options;
    private string current;
    private int crashes;
    private TurnThreads loop = null!;
    private RaftMetadataLog log = null!;

    public DiskHarness(RaftOptions options)
    {
        this.options = options;
        current = Path.Combine(folder.Path, "0");
        Directory.CreateDirectory(current);
        Open();
    }

    public IMetadataLog Log => log;

    public async Task ReopenAsync()
    {
        await log.DisposeAsync();
        loop.Dispose();
        Open();
    }

    public Task CrashAsync()
    {
        loop.Dispose();
        string copy = Path.Combine(folder.Path, $"{++crashes}");
        Directory.CreateDirectory(copy);
        foreach (string file in Directory.GetFiles(current, "*", SearchOption.AllDirectories))
        {
            string to = Path.Combine(copy, Path.GetRelativePath(current, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        current = copy;
        Open();
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await log.DisposeAsync();
        loop.Dispose();
        folder.Dispose();
    }

    private void Open()
    {
        loop = new TurnThreads("metadata-test", 1);
        log = RaftMetadataLog.Open(new PhysicalLogDirectory(current), OneNode.Genesis, options, OneNode.Environment(loop, TimeProvider.System));
    }
}
