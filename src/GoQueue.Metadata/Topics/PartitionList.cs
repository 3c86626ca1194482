using System.Collections;
using GoQueue.Core;

namespace GoQueue.Metadata.Topics;

/// <summary>
/// The partitions of a topic by index: a persistent array in chunks. A change of one partition copies one chunk and the list of chunks, some
/// 2 KiB with 10,000 partitions, and shares the rest; reading is two array look-ups.
/// </summary>
internal sealed class PartitionList : IReadOnlyList<PartitionImage>
{
    private const int ChunkSize = 64;

    private readonly PartitionImage[][] chunks;

    private PartitionList(PartitionImage[][] chunks, int count)
    {
        this.chunks = chunks;
        Count = count;
    }

    public int Count { get; }

    public PartitionImage this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return chunks[index / ChunkSize][index % ChunkSize];
        }
    }

    public static PartitionList From(IReadOnlyList<PartitionImage> partitions)
    {
        if (partitions is PartitionList list)
        {
            return list;
        }

        PartitionImage[][] chunks = new PartitionImage[(partitions.Count + ChunkSize - 1) / ChunkSize][];
        for (int i = 0; i < partitions.Count; i++)
        {
            if (i % ChunkSize == 0)
            {
                chunks[i / ChunkSize] = new PartitionImage[Math.Min(ChunkSize, partitions.Count - i)];
            }

            chunks[i / ChunkSize][i % ChunkSize] = partitions[i];
        }

        return new PartitionList(chunks, partitions.Count);
    }

    /// <summary>Each chunk is copied once, however many of its partitions change.</summary>
    public PartitionList With(IReadOnlyList<PartitionImage> changed)
    {
        PartitionImage[][] copy = [.. chunks];
        foreach (PartitionImage partition in changed)
        {
            int index = partition.Index.Value;
            int chunk = index / ChunkSize;
            Invariant.Check(index < Count, "a changed partition exists", Count, index);
            if (ReferenceEquals(copy[chunk], chunks[chunk]))
            {
                copy[chunk] = [.. chunks[chunk]];
            }

            copy[chunk][index % ChunkSize] = partition;
        }

        return new PartitionList(copy, Count);
    }

    public IEnumerator<PartitionImage> GetEnumerator()
    {
        foreach (PartitionImage[] chunk in chunks)
        {
            foreach (PartitionImage partition in chunk)
            {
                yield return partition;
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
