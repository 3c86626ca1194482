using GoQueue.Client.Transport;

namespace GoQueue.Client.Producing;

/// <summary>
/// A publish loop's connection to one node: the call, what is to be written to it, and what it has not answered. Opened when a partition that the
/// node leads has something to send. The loop's alone.
/// </summary>
internal sealed class PublishLink(Uri address, GrpcChannel channel) : IDisposable
{
    public Uri Address => address;

    public GrpcChannel Channel => channel;

    /// <summary>Null while there is none.</summary>
    public PublishCall? Call { get; set; }

    /// <summary>What goes out with the next write.</summary>
    public FrameBuffer Frames { get; } = new();

    /// <summary>By correlation. Null: given up because another node leads now; its answer says nothing any more.</summary>
    public Dictionary<ulong, ProducerBatch?> Outstanding { get; } = [];

    /// <summary>Partitions that have something to send and wait until this can be written to. They count as scheduled.</summary>
    public Queue<PartitionQueue> Blocked { get; } = new();

    /// <summary>Something is to be sent.</summary>
    public bool IsWanted { get; set; }

    public long ConnectAt { get; set; }

    public int ConnectFailures { get; set; }

    public bool CanWrite => Call is { CanWrite: true };

    /// <summary>Takes a partition out of those that wait here. False when it is not one of them.</summary>
    public bool Unblock(PartitionQueue partition)
    {
        bool found = false;
        for (int looks = Blocked.Count; looks > 0; looks--)
        {
            PartitionQueue waiting = Blocked.Dequeue();
            if (waiting == partition)
            {
                found = true;
            }
            else
            {
                Blocked.Enqueue(waiting);
            }
        }

        return found;
    }

    public void Dispose()
    {
        Frames.Dispose();
        channel.Dispose();
    }
}
