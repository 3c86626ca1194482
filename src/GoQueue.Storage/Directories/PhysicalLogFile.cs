using Microsoft.Win32.SafeHandles;

namespace GoQueue.Storage.Directories;

/// <summary>A file of the operating system, read and written at positions.</summary>
internal sealed class PhysicalLogFile(SafeFileHandle handle, string path) : ILogFile
{
    public long Length => RandomAccess.GetLength(handle);

    public int Read(long position, Span<byte> destination)
    {
        int total = 0;
        while (total < destination.Length)
        {
            int read = RandomAccess.Read(handle, destination[total..], position + total);
            if (read == 0)
            {
                break;
            }

            total += read;
        }

        return total;
    }

    public void Write(long position, ReadOnlySpan<byte> data)
    {
        try
        {
            RandomAccess.Write(handle, data, position);
        }
        catch (IOException failure) when (Posix.IsDiskFull(failure))
        {
            throw new DiskFullException(path, failure);
        }
    }

    public void Write(long position, IReadOnlyList<ReadOnlyMemory<byte>> data)
    {
        try
        {
            RandomAccess.Write(handle, data, position);
        }
        catch (IOException failure) when (Posix.IsDiskFull(failure))
        {
            throw new DiskFullException(path, failure);
        }
    }

    public void Reserve(long length)
    {
        long current = Length;
        if (length > current && !Posix.TryReserve(handle, path, current, length))
        {
            SetLength(length);
        }
    }

    public void Flush()
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                Posix.Flush(handle);
            }
            else
            {
                RandomAccess.FlushToDisk(handle);
            }
        }
        catch (IOException failure)
        {
            throw new FlushFailedException(path, failure);
        }
    }

    public void SetLength(long length)
    {
        try
        {
            RandomAccess.SetLength(handle, length);
        }
        catch (IOException failure) when (Posix.IsDiskFull(failure))
        {
            throw new DiskFullException(path, failure);
        }
    }

    public void Dispose() => handle.Dispose();
}
