using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Storage;
using GoQueue.Storage.Directories;
using GoQueue.Testing;

namespace GoQueue.Consensus.Tests.Alone;

/// <summary>A log of one voter on a virtual disk whose turns the test runs one by one.</summary>
internal sealed class SteppedLog
{
    private SteppedLog(VirtualDisk disk, RaftOptions options)
    {
        Disk = disk;
        Options = options;
        Log = RaftMetadataLog.Open(disk.Root, OneNode.Genesis, options, OneNode.Environment(Loop, new ManualTime()));
    }

    public VirtualDisk Disk { get; }

    public RaftOptions Options { get; }

    public ManualLoop Loop { get; } = new();

    public RaftMetadataLog Log { get; }

    public MetadataImage Image => Log.Image;

    public static SteppedLog Open(VirtualDisk? disk = null, RaftOptions? options = null) =>
        new(disk ?? new VirtualDisk(), options ?? new RaftOptions());

    /// <summary>Small segments, so that a few large topics fill one.</summary>
    public static RaftOptions SmallSegments(int snapshotEvery) => new()
    {
        SnapshotEveryEntries = snapshotEvery,
        MaxGroupBytes = 512 << 10,
        Log = new PartitionLogOptions { SegmentBytes = 520 << 10, TailCacheBytes = 0, ReserveBytes = 64 << 10 },
    };

    public Task<Result<MetadataOutcome>> Propose(MetadataCommand command, CancellationToken cancellationToken = default) =>
        Log.ProposeAsync(command, cancellationToken).AsTask();

    /// <summary>Proposes, runs every turn and answers what came out.</summary>
    public async Task<Result<MetadataOutcome>> DecideAsync(MetadataCommand command)
    {
        Task<Result<MetadataOutcome>> proposal = Propose(command);
        Loop.RunAll();
        return await proposal.WaitAsync(TimeSpan.FromMinutes(1));
    }

    public async Task CloseAsync()
    {
        Task closing = Log.DisposeAsync().AsTask();
        Loop.RunAll();
        await closing.WaitAsync(TimeSpan.FromMinutes(1));
    }

    public async Task<SteppedLog> ReopenAsync()
    {
        await CloseAsync();
        return new SteppedLog(Disk, Options);
    }

    public SteppedLog Crash(CrashMode mode)
    {
        Disk.Crash(mode);
        return new SteppedLog(Disk, Options);
    }

    /// <summary>A number for everything the image shows.</summary>
    public uint Digest()
    {
        IEnumerable<string> topics = Image.Topics.Select(topic => $"{topic.Id} {topic.Name} {topic.Version} {topic.Partitions.Count} {topic.Settings}");
        string text = $"{Image.Version} {Image.ClusterId} {Image.NextProducerId}\n{string.Join('\n', topics)}";
        return Crc32C.Compute(System.Text.Encoding.UTF8.GetBytes(text));
    }
}
