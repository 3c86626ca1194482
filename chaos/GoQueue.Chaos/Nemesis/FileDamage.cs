namespace GoQueue.Chaos.Nemesis;

/// <summary>How a file is damaged.</summary>
internal enum DamageHow
{
    FlipBits,
    Truncate,
    Zero,
    Swap,
}

/// <summary>Which files.</summary>
internal enum DamageWhat
{
    Segments,
    Indexes,
    Checkpoints,
    RaftLog,
    Vote,
    Snapshots,
}

/// <summary>What was done to a file, and whether it was another one afterwards: a process may write on meanwhile, so only the bytes in question are looked at.</summary>
internal readonly record struct FileChange(bool IsChanged, string Words);

/// <summary>Damages a file, in the part of it that is in use.</summary>
internal static class FileDamage
{
    private const int MostFlips = 8;
    private const int ZeroedBytes = 4096;

    /// <param name="data">Where files to swap with are looked for.</param>
    public static FileChange Spoil(string file, string data, DamageHow how, Random random)
    {
        try
        {
            if (!DataFiles.IsUsed(file))
            {
                return new FileChange(false, "empty");
            }

            using FileStream stream = Open(file, FileAccess.ReadWrite);
            int length = (int)Math.Min(stream.Length, Math.Min(DataFiles.UsedBytes(file), int.MaxValue));
            return length == 0 ? new FileChange(false, "empty") : how switch
            {
                DamageHow.FlipBits => Flip(stream, length, random),
                DamageHow.Truncate => Truncate(stream, length, random),
                DamageHow.Zero => Zero(stream, length, random),
                _ => Swap(stream, file, data, random),
            };
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return new FileChange(false, "gone");
        }
    }

    private static FileChange Flip(FileStream stream, int length, Random random)
    {
        Dictionary<int, byte> flipped = [];
        int flips = random.Next(1, MostFlips);
        for (int i = 0; i < flips; i++)
        {
            int at = random.Next(length);
            if (flipped.ContainsKey(at) || Read(stream, at, 1) is not [byte was])
            {
                continue; // two flips of one bit are none
            }

            flipped[at] = (byte)(was ^ (1 << random.Next(8)));
            Write(stream, at, [flipped[at]]);
        }

        return new FileChange(flipped.Count > 0 && flipped.All(one => Read(stream, one.Key, 1) is [byte now] && now == one.Value), $"{flipped.Count} bits");
    }

    private static FileChange Truncate(FileStream stream, int length, Random random)
    {
        long left = random.NextInt64(length);
        stream.SetLength(left);
        return new FileChange(stream.Length < length || Read(stream, left, (int)(length - left)).All(one => one == 0), $"cut to {left} bytes");
    }

    private static FileChange Zero(FileStream stream, int length, Random random)
    {
        // From a byte that is not zero: much of these files is.
        byte[] content = Read(stream, 0, length);
        int[] used = [.. Enumerable.Range(0, content.Length).Where(at => content[at] != 0)];
        if (used.Length == 0)
        {
            return new FileChange(false, "zeros already");
        }

        int from = used[random.Next(used.Length)];
        int count = Math.Min(content.Length - from, ZeroedBytes);
        Write(stream, from, new byte[count]);
        return new FileChange(Read(stream, from, 1) is [0], $"{count} zeros at {from}");
    }

    /// <summary>The content of another file of the same sort stands in its place: a stale or misdirected write.</summary>
    private static FileChange Swap(FileStream stream, string file, string data, Random random)
    {
        byte[] own = Read(stream, 0, (int)stream.Length);
        string[] siblings = [.. Directory.GetFiles(data, $"*{Path.GetExtension(file)}", SearchOption.AllDirectories).Where(other => other != file && Path.GetExtension(other) == Path.GetExtension(file) && DataFiles.IsUsed(other)).Order(StringComparer.Ordinal)];
        random.Shuffle(siblings);
        foreach (string other in siblings)
        {
            using FileStream source = Open(other, FileAccess.Read);
            byte[] stale = Read(source, 0, (int)source.Length);
            if (!stale.AsSpan().SequenceEqual(own))
            {
                stream.SetLength(0);
                Write(stream, 0, stale);
                return new FileChange(true, $"as {Path.GetRelativePath(data, other)}");
            }
        }

        return new FileChange(false, "nothing else to swap with");
    }

    private static FileStream Open(string file, FileAccess access) => new(file, FileMode.Open, access, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    private static byte[] Read(FileStream stream, long at, int count)
    {
        byte[] bytes = new byte[count];
        stream.Position = at;
        int read = stream.ReadAtLeast(bytes, count, throwOnEndOfStream: false); // it may have become shorter
        return bytes[..read];
    }

    private static void Write(FileStream stream, long at, ReadOnlySpan<byte> bytes)
    {
        stream.Position = at;
        stream.Write(bytes);
    }
}
