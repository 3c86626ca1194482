namespace GoQueue.Storage.Directories;

/// <summary>The content of a virtual file: what the process sees, what the device has, and which sectors differ because no flush came yet.</summary>
internal sealed class VirtualFileNode
{
    public const int SectorBytes = 512;

    private readonly SortedSet<long> dirty = [];
    private byte[] seen = [];
    private byte[] stored = [];

    public long Length { get; private set; }

    private long StoredLength { get; set; }

    public int Read(long position, Span<byte> destination)
    {
        int count = (int)Math.Clamp(Length - position, 0, destination.Length);
        seen.AsSpan((int)Math.Min(position, Length), count).CopyTo(destination);
        return count;
    }

    public void Write(long position, ReadOnlySpan<byte> data)
    {
        SetLength(Math.Max(Length, position + data.Length));
        data.CopyTo(seen.AsSpan((int)position));
        MarkDirty(position, position + data.Length);
    }

    public void SetLength(long length)
    {
        if (length < Length)
        {
            seen.AsSpan((int)length, (int)(Length - length)).Clear();
            MarkDirty(length, Length);
        }
        else if (length > seen.Length)
        {
            Array.Resize(ref seen, (int)Math.Max(length, seen.Length * 2L));
        }

        Length = length;
    }

    /// <summary>Everything seen is on the device.</summary>
    public void Flush()
    {
        foreach (long sector in dirty)
        {
            Store(sector, SectorBytes);
        }

        StoreLength(Length);
        dirty.Clear();
    }

    /// <summary>
    /// A flush that failed, as Linux does it: some sectors went out, and the others count as clean all the same, so that a later flush has
    /// nothing to do and succeeds.
    /// </summary>
    public void FailFlush(Random random)
    {
        foreach (long sector in dirty)
        {
            if (random.Next(2) == 0)
            {
                Store(sector, SectorBytes);
            }
        }

        StoreLength(Math.Max(StoredLength, Length));
        dirty.Clear();
    }

    public void Crash(CrashMode mode, Random random)
    {
        if (mode == CrashMode.KeepAll)
        {
            return;
        }

        if (mode == CrashMode.Tear && (dirty.Count > 0 || StoredLength != Length))
        {
            Tear(random);
        }

        dirty.Clear();
        Length = StoredLength;
        seen = stored.AsSpan(0, (int)StoredLength).ToArray();
        stored = seen.AsSpan().ToArray();
    }

    public void FlipBit(long position, int bit)
    {
        seen[position] ^= (byte)(1 << bit);
        if (position < stored.Length)
        {
            stored[position] ^= (byte)(1 << bit);
        }
    }

    private void Tear(Random random)
    {
        bool isLengthKept = random.Next(2) == 0;
        if (isLengthKept)
        {
            StoreLength(Length);
        }

        if (random.Next(2) == 0)
        {
            long[] order = [.. dirty];
            int whole = random.Next(order.Length + 1);
            for (int index = 0; index < whole; index++)
            {
                Store(order[index], SectorBytes);
            }

            if (whole < order.Length && random.Next(2) == 0)
            {
                Store(order[whole], random.Next(SectorBytes)); // even a sector may be cut, on devices that promise nothing
            }

            return;
        }

        foreach (long sector in dirty)
        {
            if (random.Next(2) == 0)
            {
                Store(sector, SectorBytes);
            }
        }
    }

    private void Store(long sector, int bytes)
    {
        long start = sector * SectorBytes;
        int count = (int)Math.Clamp(Length - start, 0, bytes);
        if (stored.Length < start + count)
        {
            Array.Resize(ref stored, (int)Math.Max(start + count, stored.Length * 2L));
        }

        seen.AsSpan((int)Math.Min(start, Length), count).CopyTo(stored.AsSpan((int)Math.Min(start, stored.Length)));
        StoredLength = Math.Max(StoredLength, start + count);
    }

    private void StoreLength(long length)
    {
        if (stored.Length < length)
        {
            Array.Resize(ref stored, (int)length);
        }

        if (length < StoredLength)
        {
            stored.AsSpan((int)length, (int)(StoredLength - length)).Clear();
        }

        StoredLength = length;
    }

    private void MarkDirty(long from, long to)
    {
        for (long sector = from / SectorBytes; sector * SectorBytes < to; sector++)
        {
            dirty.Add(sector);
        }
    }
}
