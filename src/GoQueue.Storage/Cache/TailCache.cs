using GoQueue.Core;

namespace GoQueue.Storage.Cache;

/// <summary>
/// The newest batches of a log, contiguous up to its end, shared with whoever sends them. Bounded in bytes: the oldest leave when newer ones
/// come. The lock is held per append and per read, never per message.
/// </summary>
internal sealed class TailCache
{
    /// <summary>Bookkeeping counted per batch, so that many tiny batches are bounded too.</summary>
    private const int EntryOverhead = 128;

    private const int InitialCapacity = 16;

    private readonly Lock gate = new();
    private Entry[] ring = new Entry[InitialCapacity];
    private int head;
    private int count;
    private long bytes;
    private long maxBytes;

    public TailCache(long maxBytes) => this.maxBytes = maxBytes;

    /// <summary>First offset that is held; none when empty.</summary>
    public Offset Start
    {
        get
        {
            lock (gate)
            {
                return count == 0 ? Offset.None : At(0).Base;
            }
        }
    }

    /// <summary>Adds the next batch and takes its own reference.</summary>
    public void Add(Offset baseOffset, Offset next, BufferSlice batch)
    {
        lock (gate)
        {
            Invariant.Check(count == 0 || At(count - 1).Next <= baseOffset, "the tail cache grows at its end");
            while (count > 0 && At(count - 1).Next < baseOffset)
            {
                DropLast(); // behind a gap, which only a replica of a compacted log has, the cache starts anew
            }

            if (count == ring.Length)
            {
                Grow();
            }

            ring[(head + count) & (ring.Length - 1)] = new Entry(baseOffset, next, batch with { Buffer = batch.Buffer.Retain() });
            count++;
            bytes += batch.Length + EntryOverhead;
            Evict();
        }
    }

    /// <summary>Whole batches from the one that holds <paramref name="from"/>, each with a reference for the caller; null when not held.</summary>
    public BufferSlice[]? TryRead(Offset from, Offset upTo, int maxReadBytes, out Offset next)
    {
        next = from;
        lock (gate)
        {
            if (count == 0 || from < At(0).Base || from >= At(count - 1).Next)
            {
                return null;
            }

            int first = Find(from);
            int last = first;
            long total = 0;
            while (last < count && At(last).Next <= upTo && (last == first || total + At(last).Batch.Length <= maxReadBytes))
            {
                total += At(last).Batch.Length;
                last++;
            }

            BufferSlice[] slices = new BufferSlice[last - first];
            for (int index = first; index < last; index++)
            {
                BufferSlice batch = At(index).Batch;
                batch.Buffer.Retain();
                slices[index - first] = batch;
                next = At(index).Next;
            }

            return slices;
        }
    }

    /// <summary>Drops batches that reach beyond <paramref name="end"/>.</summary>
    public void TruncateTo(Offset end)
    {
        lock (gate)
        {
            while (count > 0 && At(count - 1).Next > end)
            {
                DropLast();
            }
        }
    }

    /// <summary>Changes the bound.</summary>
    public void Resize(long newMaxBytes)
    {
        lock (gate)
        {
            maxBytes = newMaxBytes;
            Evict();
        }
    }

    private void Evict()
    {
        while (count > 0 && bytes > maxBytes)
        {
            Drop(head);
            head = (head + 1) & (ring.Length - 1);
            count--;
        }
    }

    private void DropLast()
    {
        Drop((head + count - 1) & (ring.Length - 1));
        count--;
    }

    private void Drop(int slot)
    {
        bytes -= ring[slot].Batch.Length + EntryOverhead;
        ring[slot].Batch.Buffer.Release();
        ring[slot] = default;
    }

    private void Grow()
    {
        Entry[] larger = new Entry[ring.Length * 2];
        for (int index = 0; index < count; index++)
        {
            larger[index] = At(index);
        }

        ring = larger;
        head = 0;
    }

    private int Find(Offset offset)
    {
        int low = 0;
        int high = count - 1;
        while (low < high)
        {
            int middle = low + ((high - low + 1) / 2);
            if (At(middle).Base <= offset)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    private ref Entry At(int index) => ref ring[(head + index) & (ring.Length - 1)];

    private readonly record struct Entry(Offset Base, Offset Next, BufferSlice Batch);
}
