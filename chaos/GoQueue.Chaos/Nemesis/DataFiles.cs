using GoQueue.Harness;

namespace GoQueue.Chaos.Nemesis;

/// <summary>The files of a data directory by sort (docs/internals/data-directory.md, segment.md, raft-log.md).</summary>
internal static class DataFiles
{
    private const int HeaderBytes = 61;
    private const int SegmentHeaderBytes = 4096;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public static string[] Of(string data, DamageWhat sort)
    {
        string metadata = Path.Combine(data, "metadata");
        string partitions = Path.Combine(data, "partitions");
        return sort switch
        {
            DamageWhat.Segments => Files(partitions, "*.log"),
            DamageWhat.Indexes => [.. Files(partitions, "*.index"), .. Files(partitions, "*.timeindex")],
            DamageWhat.Checkpoints => [.. Files(partitions, "checkpoint"), .. Files(partitions, "leader-epochs"), .. Files(partitions, "*.state"), .. Files(partitions, "clean")],
            DamageWhat.RaftLog => Files(metadata, "*.log"),
            DamageWhat.Vote => Files(metadata, "raft-state"),
            _ => Files(metadata, "snapshot-*"),
        };
    }

    /// <summary>Waits until a data directory has files of a sort with something in them.</summary>
    /// <exception cref="NothingLeftException">It has none in time.</exception>
    public static async Task AreThereAsync(string data, DamageWhat sort, CancellationToken cancellationToken)
    {
        try
        {
            await Wait.UntilAsync($"there are {sort}", Patience, () => Task.FromResult(Of(data, sort).Any(IsUsed)), cancellationToken);
        }
        catch (HarnessException)
        {
            throw new NothingLeftException($"{data} held no {sort} for {Patience.TotalSeconds:0} s");
        }
    }

    /// <summary>Whether it is there and anything in it counts; a segment without a batch has nothing that could be lost.</summary>
    public static bool IsUsed(string file)
    {
        try
        {
            return new FileInfo(file).Length > 0 && UsedBytes(file) > (Path.GetExtension(file) == ".log" ? SegmentHeaderBytes : 0);
        }
        catch (IOException)
        {
            return false; // it went a moment ago
        }
    }

    /// <summary>How much of a file is in use: a segment that grows is longer than what was written, and damage behind its end would be none.</summary>
    public static long UsedBytes(string file)
    {
        if (Path.GetExtension(file) != ".log")
        {
            return long.MaxValue;
        }

        using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] header = new byte[HeaderBytes];
        long at = SegmentHeaderBytes;
        while (at + HeaderBytes <= stream.Length)
        {
            stream.Position = at;
            stream.ReadExactly(header);
            int size = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(8)) + 12;
            if (header[16] != 2 || size < HeaderBytes)
            {
                break;
            }

            at += size;
        }

        return Math.Min(at, stream.Length);
    }

    /// <summary>Not those of replicas that were set aside as damaged: nobody reads them any more.</summary>
    private static string[] Files(string folder, string pattern) => Directory.Exists(folder)
        ? [.. Directory.GetFiles(folder, pattern, SearchOption.AllDirectories).Where(static file => !file.Contains(".damaged/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)]
        : [];
}
