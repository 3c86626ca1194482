using GoQueue.Consensus.Tests.Contract;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Storage.Directories;

namespace GoQueue.Consensus.Tests.Alone;

/// <summary>A log of one voter on a virtual disk. A crash comes at any moment, in the middle of a write too, and takes what was not flushed, or parts of it.</summary>
internal sealed class VirtualHarness : IMetadataLogHarness
{
    private readonly VirtualDisk disk;
    private readonly RaftOptions options;
    private readonly List<(RaftMetadataLog Log, TurnThreads Loop)> opened = [];
    private readonly Random random;

    public VirtualHarness(RaftOptions options, int seed)
    {
        this.options = options;
        disk = new VirtualDisk(seed);
        random = new Random(seed);
        Open();
    }

    public IMetadataLog Log => opened[^1].Log;

    public async Task ReopenAsync()
    {
        await Log.DisposeAsync();
        Open();
    }

    public Task CrashAsync()
    {
        disk.Crash((CrashMode)random.Next(3));
        Open();
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach ((RaftMetadataLog log, TurnThreads loop) in opened)
        {
            await log.DisposeAsync();
            loop.Dispose();
        }
    }

    private void Open()
    {
        TurnThreads loop = new("metadata-test", 1);
        opened.Add((RaftMetadataLog.Open(disk.Root, OneNode.Genesis, options, OneNode.Environment(loop, TimeProvider.System)), loop));
    }
}
