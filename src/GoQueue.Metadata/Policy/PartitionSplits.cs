using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Policy;

/// <summary>
/// Which key ranges are cut to make room for more partitions: always the widest, in two halves, the upper half goes to the new partition. Keys of
/// the lower half do not move; every hash stays in exactly one range (Z1).
/// </summary>
public static class PartitionSplits
{
    /// <summary>The ranges of the new partitions by index, and what the cut ones keep.</summary>
    /// <param name="added">1 or more, with the topic's at most 10000.</param>
    public static (IReadOnlyList<HashRange> Added, IReadOnlyList<NarrowedRange> Narrowed) Split(IReadOnlyList<PartitionImage> partitions, int added)
    {
        List<HashRange> ranges = [.. partitions.Select(partition => partition.Keys)];
        PriorityQueue<int, (uint, int)> widest = new();
        for (int i = 0; i < ranges.Count; i++)
        {
            widest.Enqueue(i, Order(ranges[i], i));
        }

        for (int i = 0; i < added; i++)
        {
            int cut = widest.Dequeue();
            HashRange whole = ranges[cut];
            Invariant.Check(whole.Last > whole.First, "ten thousand ranges leave none of one hash");
            uint middle = whole.First + ((whole.Last - whole.First) / 2);
            ranges[cut] = new HashRange(whole.First, middle);
            ranges.Add(new HashRange(middle + 1, whole.Last));
            widest.Enqueue(cut, Order(ranges[cut], cut));
            widest.Enqueue(ranges.Count - 1, Order(ranges[^1], ranges.Count - 1));
        }

        List<NarrowedRange> narrowed = [];
        for (int i = 0; i < partitions.Count; i++)
        {
            if (ranges[i] != partitions[i].Keys)
            {
                narrowed.Add(new NarrowedRange(new PartitionIndex(i), ranges[i]));
            }
        }

        return (ranges[partitions.Count..], narrowed);
    }

    /// <summary>The widest first, of equal ones the lower index.</summary>
    private static (uint, int) Order(HashRange range, int index) => (uint.MaxValue - (range.Last - range.First), index);
}
