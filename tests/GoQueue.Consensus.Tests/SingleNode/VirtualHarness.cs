using GoQueue.Consensus.SingleNode;
using GoQueue.Consensus.Tests.Contract;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Storage.Directories;
using Microsoft.Extensions.Logging.Abstractions;

namespace GoQueue.Consensus.Tests.SingleNode;

/// <summary>The one-node log on a virtual disk. A crash comes at any moment, in the middle of a write too, and takes what was not flushed, or parts of it.</summary>
internal sealed class VirtualHarness : IMetadataLogHarness
{
    private readonly VirtualDisk disk;
    private readonly SingleNodeMetadataLogOptions options;
    private readonly List<(SingleNodeMetadataLog Log, TurnThreads Loop)> opened = [];
    private readonly Random random;

    public VirtualHarness(SingleNodeMetadataLogOptions options, int seed)
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
        foreach ((SingleNodeMetadataLog log, TurnThreads loop) in opened)
        {
            await log.DisposeAsync();
            loop.Dispose();
        }
    }

    private void Open()
    {
        TurnThreads loop = new("metadata-test", 1);
        MetadataLogEnvironment environment = new() { Loop = loop, Time = TimeProvider.System, Logger = NullLogger.Instance };
        opened.Add((SingleNodeMetadataLog.Open(disk.Root, options, environment), loop));
    }
}
