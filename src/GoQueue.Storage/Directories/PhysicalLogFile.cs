using Microsoft.Win32.SafeHandles;

namespace GoQueue.Storage.Directories;

/// <summary>A file of the operating system, read and written at positions.</summary>
internal sealed class PhysicalLogFile(SafeFileHandle handle, string path) : ILogFile
{
    private DirectWriter? direct;
    private bool isDirectRefused;

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
        direct?.Forget();
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
        direct?.Forget();
        try
        {
            RandomAccess.Write(handle, data, position);
        }
        catch (IOException failure) when (Posix.IsDiskFull(failure))
        {
            throw new DiskFullException(path, failure);
        }
    }

    public void WriteThrough(long position, IReadOnlyList<ReadOnlyMemory<byte>> data)
    {
        if (!TryWriteDirect(position, data))
        {
            Write(position, data);
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

    public void Forget(long position, long length) => Posix.DropFromCache(handle, position, length);

    public void SetLength(long length)
    {
        direct?.Forget();
        try
        {
            RandomAccess.SetLength(handle, length);
        }
        catch (IOException failure) when (Posix.IsDiskFull(failure))
        {
            throw new DiskFullException(path, failure);
        }
    }

    public void Dispose()
    {
        direct?.Dispose();
        handle.Dispose();
    }

    private bool TryWriteDirect(long position, IReadOnlyList<ReadOnlyMemory<byte>> data)
    {
        if (isDirectRefused)
        {
            return false;
        }

        try
        {
            direct ??= DirectWriter.TryOpen(handle);
            isDirectRefused = direct?.TryWrite(position, data) != true;
            return !isDirectRefused;
        }
        catch (IOException failure) when (Posix.IsDiskFull(failure))
        {
            direct?.Forget();
            throw new DiskFullException(path, failure);
        }
    }
}
