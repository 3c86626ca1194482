using GoQueue.Core.Peers;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata.Quorum;
using GoQueue.Storage.Directories;
using Microsoft.Extensions.Logging.Abstractions;

namespace GoQueue.Consensus.Tests.Cluster;

/// <summary>One node of a cluster in this process, with a disk that outlives its runs.</summary>
internal sealed class TestNode(MemoryNetwork network, QuorumMember member, Genesis genesis, RaftOptions options)
{
    private MemoryTransport? transport;
    private TurnThreads? loop;
    private TurnThreads? background;
    private int runs;

    public QuorumMember Member { get; private set; } = member;

    public VirtualDisk Disk { get; private set; } = new(member.Port);

    public RaftMetadataLog Log { get; private set; } = null!;

    public bool IsRunning => loop is not null;

    public QuorumStatus Status => Log.Status;

    public void Start()
    {
        loop = new TurnThreads($"raft-{Member.Node}", 1);
        background = new TurnThreads($"snapshot-{Member.Node}", 1);
        transport = network.Join(Member.Node, Member.Incarnation);
        RaftEnvironment environment = new()
        {
            Node = Member.Node,
            Incarnation = Member.Incarnation,
            Loop = loop,
            Background = background,
            Time = TimeProvider.System,
            Peers = transport,
            Seed = (Member.Port * 1000) + runs++,
            Logger = NullLogger.Instance,
            Meters = null,
        };
        Log = RaftMetadataLog.Open(Disk.Root, genesis, options, environment);
    }

    public async Task StopAsync()
    {
        await Log.DisposeAsync();
        Leave(isSeen: true);
    }

    /// <summary>The process dies; its threads stop between two turns, or at the next use of the disk.</summary>
    public void Crash(CrashMode mode, bool isSeen = true)
    {
        Disk.Crash(mode);
        Leave(isSeen);
    }

    /// <summary>Comes back under its old name with an empty disk.</summary>
    public void Wipe()
    {
        Disk = new VirtualDisk(Member.Port);
        Member = Member with { Incarnation = new Guid(Member.Port, 9, (short)++runs, 0, 0, 0, 0, 0, 0, 0, 1) };
    }

    private void Leave(bool isSeen)
    {
        network.Leave(transport!, isSeen);
        loop!.Dispose();
        background!.Dispose();
        loop = null;
    }
}
