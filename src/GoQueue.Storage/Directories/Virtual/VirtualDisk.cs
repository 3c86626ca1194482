using GoQueue.Core;

namespace GoQueue.Storage.Directories;

/// <summary>
/// A disk in memory that keeps apart what was written and what is durable, and misbehaves on order: it crashes at a counted operation, fails
/// the n-th write, flush or read, fills up, flips bits. Everything random comes from the seed. Safe for concurrent use.
/// </summary>
public sealed class VirtualDisk(int seed = 0)
{
    private readonly Random random = new(seed);
    private readonly VirtualDirectoryNode root = new();
    private int boot;
    private bool isCrashed;

    /// <summary>Operations that change something, counted from 1: create, write, reserve, set length, flush, rename, delete, sync.</summary>
    public long Operations { get; private set; }

    public long Writes { get; private set; }

    /// <summary>Flushes of files and syncs of directories.</summary>
    public long Flushes { get; private set; }

    public long Reads { get; private set; }

    /// <summary>The operation in which <see cref="VirtualCrashException"/> is thrown; a flush then did nothing yet, others are done but not durable.</summary>
    public long? CrashAtOperation { get; set; }

    /// <summary>The flush or sync, by <see cref="Flushes"/>, that fails with <see cref="FlushFailedException"/>.</summary>
    public long? FailFlush { get; set; }

    /// <summary>The write, by <see cref="Writes"/>, that fails with <see cref="IOException"/>.</summary>
    public long? FailWrite { get; set; }

    /// <summary>The read, by <see cref="Reads"/>, that fails with <see cref="IOException"/>.</summary>
    public long? FailRead { get; set; }

    /// <summary>Bytes that all files together may have; beyond that <see cref="DiskFullException"/>.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    /// <summary>The top directory as this boot sees it; taken again after a crash.</summary>
    public VirtualLogDirectory Root => new(this, root, "virtual:", boot);

    internal Lock Gate { get; } = new();

    internal long UsedBytes => root.UsedBytes();

    /// <summary>Ends the boot: handles from before stop working, the given part of what was not durable is gone, and nothing is dirty any more.</summary>
    public void Crash(CrashMode mode)
    {
        lock (Gate)
        {
            root.Crash(mode, random);
            boot++;
            isCrashed = false;
            CrashAtOperation = null;
        }
    }

    internal void CheckBoot(int handleBoot)
    {
        if (handleBoot != boot || isCrashed)
        {
            throw new VirtualCrashException();
        }
    }

    /// <summary>Counts an operation; true when the crash is due in it.</summary>
    internal bool Count(int handleBoot)
    {
        CheckBoot(handleBoot);
        Operations++;
        return Operations == CrashAtOperation;
    }

    internal void Die()
    {
        isCrashed = true;
        throw new VirtualCrashException();
    }

    internal void CountRead(string path)
    {
        if (++Reads == FailRead)
        {
            throw new IOException($"virtual read failure in {path}");
        }
    }

    internal void CountWrite(string path)
    {
        if (++Writes == FailWrite)
        {
            throw new IOException($"virtual write failure in {path}");
        }
    }

    internal void CheckRoom(long more, string path)
    {
        if (more > 0 && Capacity < long.MaxValue && UsedBytes + more > Capacity)
        {
            throw new DiskFullException(path);
        }
    }

    internal void CountFlush(string path, VirtualFileNode? file)
    {
        if (++Flushes == FailFlush)
        {
            file?.FailFlush(random);
            throw new FlushFailedException(path);
        }
    }
}
