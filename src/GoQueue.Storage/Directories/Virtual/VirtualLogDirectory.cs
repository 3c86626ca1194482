using GoQueue.Core;

namespace GoQueue.Storage.Directories;

/// <summary>A directory of a <see cref="VirtualDisk"/>; take it from <see cref="VirtualDisk.Root"/>.</summary>
public sealed class VirtualLogDirectory : ILogDirectory
{
    private readonly VirtualDisk disk;
    private readonly VirtualDirectoryNode node;
    private readonly int boot;

    internal VirtualLogDirectory(VirtualDisk disk, VirtualDirectoryNode node, string path, int boot)
    {
        this.disk = disk;
        this.node = node;
        this.boot = boot;
        Path = path;
    }

    public string Path { get; }

    public long AvailableBytes
    {
        get
        {
            lock (disk.Gate)
            {
                return Math.Max(0, disk.Capacity - disk.UsedBytes);
            }
        }
    }

    public IReadOnlyList<LogDirectoryEntry> List()
    {
        lock (disk.Gate)
        {
            disk.CheckBoot(boot);
            return [.. node.Entries.Select(entry => entry.Value is VirtualFileNode file
                ? new LogDirectoryEntry(entry.Key, file.Length, IsDirectory: false)
                : new LogDirectoryEntry(entry.Key, 0, IsDirectory: true))];
        }
    }

    public bool Exists(string name)
    {
        lock (disk.Gate)
        {
            disk.CheckBoot(boot);
            return node.Entries.ContainsKey(name);
        }
    }

    public ILogFile Create(string name)
    {
        VirtualFileNode file = new();
        Change(() =>
        {
            if (node.Entries.ContainsKey(name))
            {
                throw new IOException($"{Path}/{name} exists already");
            }

            node.Add(name, file);
        });
        return new VirtualLogFile(disk, file, $"{Path}/{name}", boot);
    }

    public ILogFile Open(string name, bool writable)
    {
        lock (disk.Gate)
        {
            disk.CheckBoot(boot);
            return node.Entries.TryGetValue(name, out object? found) && found is VirtualFileNode file
                ? new VirtualLogFile(disk, file, $"{Path}/{name}", boot)
                : throw new FileNotFoundException($"there is no file {Path}/{name}", name);
        }
    }

    public void Rename(string from, string to) => Change(() =>
    {
        if (!node.Entries.ContainsKey(from))
        {
            throw new FileNotFoundException($"there is no {Path}/{from}", from);
        }

        node.Rename(from, to);
    });

    public void Delete(string name) => Change(() =>
    {
        if (node.Entries.ContainsKey(name))
        {
            node.Remove(name);
        }
    });

    public void Sync()
    {
        lock (disk.Gate)
        {
            if (disk.Count(boot))
            {
                disk.Die();
            }

            disk.CountFlush(Path, null);
            node.Sync();
        }
    }

    public ILogDirectory Subdirectory(string name)
    {
        VirtualDirectoryNode? child = null;
        lock (disk.Gate)
        {
            disk.CheckBoot(boot);
            child = node.Entries.TryGetValue(name, out object? found) ? (VirtualDirectoryNode)found : null;
        }

        if (child is null)
        {
            child = new VirtualDirectoryNode();
            Change(() => node.Add(name, child));
        }

        return new VirtualLogDirectory(disk, child, $"{Path}/{name}", boot);
    }

    public void DeleteSubdirectory(string name) => Delete(name);

    public IDisposable Lock(string name)
    {
        lock (disk.Gate)
        {
            disk.CheckBoot(boot);
            return node.Locks.Add(name) ? new Holder(this, name) : throw new DirectoryInUseException(Path);
        }
    }

    /// <summary>Flips one bit of a file, on the device and in what the process sees.</summary>
    public void FlipBit(string name, long position, int bit)
    {
        lock (disk.Gate)
        {
            Invariant.Check(node.Entries.TryGetValue(name, out object? found) && found is VirtualFileNode, "a bit is flipped in a file");
            ((VirtualFileNode)found).FlipBit(position, bit);
        }
    }

    private void Change(Action change)
    {
        lock (disk.Gate)
        {
            bool isLast = disk.Count(boot);
            change();
            if (isLast)
            {
                disk.Die();
            }
        }
    }

    private sealed class Holder(VirtualLogDirectory directory, string name) : IDisposable
    {
        public void Dispose()
        {
            lock (directory.disk.Gate)
            {
                directory.node.Locks.Remove(name);
            }
        }
    }
}
