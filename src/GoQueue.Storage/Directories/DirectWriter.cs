using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace GoQueue.Storage.Directories;

/// <summary>
/// Writes the end of a growing file past the page cache. The kernel takes whole aligned blocks only, so a write begins with what its first block
/// holds already and ends with zeros up to a block's end; both are as they were, or lie behind the end of the data.
/// </summary>
/// <remarks>
/// Why: data that is flushed before it is acknowledged gains nothing from the cache, and copying it into fresh pages was a third of the broker's CPU
/// time (ADR 0012). Readers go through the cache; the kernel keeps both views the same. A block is rewritten with the same beginning, so a cut
/// in the middle of a write leaves old data as it was, exactly as with cached writes. One writer at a time.
/// </remarks>
internal sealed class DirectWriter : IDisposable
{
    public const int BlockBytes = 4096;
    private const int StagingBytes = 1 << 20;

    [ThreadStatic]
    private static Staging? staging;

    private readonly SafeFileHandle cached;
    private readonly SafeFileHandle direct;
    private readonly byte[] lastBlock = new byte[BlockBytes];
    private long lastBlockStart = -1;

    private DirectWriter(SafeFileHandle cached, SafeFileHandle direct)
    {
        this.cached = cached;
        this.direct = direct;
    }

    /// <summary>Null when the platform or the file system has no such writes.</summary>
    public static DirectWriter? TryOpen(SafeFileHandle file) =>
        Posix.OpenDirect(file) is { } direct ? new DirectWriter(file, direct) : null;

    /// <summary>Something else wrote to the file: what its last block holds is not known any more.</summary>
    public void Forget() => lastBlockStart = -1;

    /// <summary>False when the file system refuses such writes after all; then nothing of it counts and the caller writes as usual.</summary>
    /// <exception cref="IOException">As of any write; how much was written is not known.</exception>
    public bool TryWrite(long position, IReadOnlyList<ReadOnlyMemory<byte>> data)
    {
        Span<byte> area = (staging ??= new Staging()).Bytes;
        long blockStart = position & ~(BlockBytes - 1L);
        int filled = (int)(position - blockStart);
        if (filled > 0)
        {
            LoadLastBlock(blockStart, filled);
            lastBlock.AsSpan(0, filled).CopyTo(area);
        }

        lastBlockStart = -1; // until all is written
        for (int i = 0; i < data.Count; i++)
        {
            ReadOnlySpan<byte> rest = data[i].Span;
            while (!rest.IsEmpty)
            {
                int taken = Math.Min(rest.Length, area.Length - filled);
                rest[..taken].CopyTo(area[filled..]);
                rest = rest[taken..];
                filled += taken;
                if (filled == area.Length)
                {
                    if (!Posix.TryWriteDirect(direct, area, blockStart))
                    {
                        return false;
                    }

                    blockStart += filled;
                    filled = 0;
                }
            }
        }

        return filled == 0 || TryWriteLast(area, filled, blockStart);
    }

    public void Dispose() => direct.Dispose();

    private bool TryWriteLast(Span<byte> area, int filled, long blockStart)
    {
        int padded = (filled + BlockBytes - 1) & ~(BlockBytes - 1);
        area[filled..padded].Clear();
        if (!Posix.TryWriteDirect(direct, area[..padded], blockStart))
        {
            return false;
        }

        if (filled < padded)
        {
            area[(padded - BlockBytes)..padded].CopyTo(lastBlock);
            lastBlockStart = blockStart + padded - BlockBytes;
        }

        return true;
    }

    private void LoadLastBlock(long blockStart, int length)
    {
        if (lastBlockStart == blockStart)
        {
            return;
        }

        int total = 0;
        while (total < length)
        {
            int read = RandomAccess.Read(cached, lastBlock.AsSpan(total, length - total), blockStart + total);
            if (read == 0)
            {
                lastBlock.AsSpan(total, length - total).Clear(); // beyond the end of the file: zeros, as a gap would be
                break;
            }

            total += read;
        }
    }

    /// <summary>A mebibyte of block-aligned memory that does not move, one per thread that writes; there are a few.</summary>
    private sealed class Staging
    {
        private readonly byte[] memory = GC.AllocateUninitializedArray<byte>(StagingBytes + BlockBytes, pinned: true);
        private readonly int first;

        public Staging()
        {
            long address = Marshal.UnsafeAddrOfPinnedArrayElement(memory, 0);
            first = (int)(-address & (BlockBytes - 1));
        }

        public Span<byte> Bytes => memory.AsSpan(first, StagingBytes);
    }
}
