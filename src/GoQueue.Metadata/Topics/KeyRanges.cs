using GoQueue.Core;

namespace GoQueue.Metadata.Topics;

/// <summary>The key ranges of a topic in order of hashes, for finding the one of a key. Shared by all images of a topic with the same layout.</summary>
internal sealed class KeyRanges
{
    private readonly uint[] firstHashes;
    private readonly PartitionIndex[] partitions;

    private KeyRanges(uint[] firstHashes, PartitionIndex[] partitions)
    {
        this.firstHashes = firstHashes;
        this.partitions = partitions;
    }

    public static KeyRanges Of(IReadOnlyList<PartitionImage> partitions)
    {
        uint[] firstHashes = new uint[partitions.Count];
        PartitionIndex[] indexes = new PartitionIndex[partitions.Count];
        for (int i = 0; i < indexes.Length; i++)
        {
            firstHashes[i] = partitions[i].Keys.First;
            indexes[i] = new PartitionIndex(i);
        }

        Array.Sort(firstHashes, indexes);
        Invariant.Check(firstHashes[0] == 0, "the ranges of a topic hold every hash");
        return new KeyRanges(firstHashes, indexes);
    }

    public PartitionIndex Find(uint hash)
    {
        int at = Array.BinarySearch(firstHashes, hash);
        return partitions[at >= 0 ? at : ~at - 1];
    }
}
