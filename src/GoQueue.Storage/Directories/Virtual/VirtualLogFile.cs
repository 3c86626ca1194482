using GoQueue.Core;

namespace GoQueue.Storage.Directories;

/// <summary>A handle on a virtual file. Like one of the operating system it outlives the file's name.</summary>
internal sealed class VirtualLogFile(VirtualDisk disk, VirtualFileNode node, string path, int boot) : ILogFile
{
    private bool isClosed;

    public long Length
    {
        get
        {
            lock (disk.Gate)
            {
                Check();
                return node.Length;
            }
        }
    }

    public int Read(long position, Span<byte> destination)
    {
        lock (disk.Gate)
        {
            Check();
            disk.CountRead(path);
            return node.Read(position, destination);
        }
    }

    public void Write(long position, ReadOnlySpan<byte> data)
    {
        lock (disk.Gate)
        {
            bool isLast = Begin();
            disk.CountWrite(path);
            disk.CheckRoom(position + data.Length - node.Length, path);
            node.Write(position, data);
            End(isLast);
        }
    }

    public void Write(long position, IReadOnlyList<ReadOnlyMemory<byte>> data)
    {
        using SharedBuffer joined = SharedBuffer.Rent(data.Sum(part => part.Length));
        int at = 0;
        foreach (ReadOnlyMemory<byte> part in data)
        {
            part.Span.CopyTo(joined.Span[at..]);
            at += part.Length;
        }

        Write(position, joined.Span);
    }

    public void Reserve(long length)
    {
        lock (disk.Gate)
        {
            bool isLast = Begin();
            disk.CheckRoom(length - node.Length, path);
            node.SetLength(Math.Max(length, node.Length));
            End(isLast);
        }
    }

    public void Flush()
    {
        lock (disk.Gate)
        {
            End(Begin());
            disk.CountFlush(path, node);
            node.Flush();
        }
    }

    public void SetLength(long length)
    {
        lock (disk.Gate)
        {
            bool isLast = Begin();
            disk.CheckRoom(length - node.Length, path);
            node.SetLength(length);
            End(isLast);
        }
    }

    public void Dispose() => isClosed = true;

    private bool Begin()
    {
        Check();
        return disk.Count(boot);
    }

    private void End(bool isLast)
    {
        if (isLast)
        {
            disk.Die();
        }
    }

    private void Check()
    {
        disk.CheckBoot(boot);
        Invariant.Check(!isClosed, "a closed file is not used");
    }
}
