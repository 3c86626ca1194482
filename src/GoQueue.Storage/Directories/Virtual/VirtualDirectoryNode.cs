namespace GoQueue.Storage.Directories;

/// <summary>The entries of a virtual directory: as the process sees them, as the device has them, and the changes between, in order.</summary>
internal sealed class VirtualDirectoryNode
{
    private readonly List<Change> pending = [];
    private SortedDictionary<string, object> stored = new(StringComparer.Ordinal);

    /// <summary>Name to <see cref="VirtualFileNode"/> or <see cref="VirtualDirectoryNode"/>.</summary>
    public SortedDictionary<string, object> Entries { get; private set; } = new(StringComparer.Ordinal);

    public HashSet<string> Locks { get; } = [];

    public void Add(string name, object node) => Do(new Change(null, name, node));

    public void Rename(string from, string to) => Do(new Change(from, to, null));

    public void Remove(string name) => Do(new Change(name, null, null));

    public void Sync()
    {
        stored = new(Entries, StringComparer.Ordinal);
        pending.Clear();
    }

    public void Crash(CrashMode mode, Random random)
    {
        if (mode != CrashMode.KeepAll)
        {
            if (mode == CrashMode.Tear)
            {
                // A journal keeps a prefix; a device or file system without one keeps any of the changes, each of them whole.
                bool isPrefix = random.Next(2) == 0;
                int prefix = random.Next(pending.Count + 1);
                for (int index = 0; index < pending.Count; index++)
                {
                    if (isPrefix ? index < prefix : random.Next(2) == 0)
                    {
                        Apply(stored, pending[index]);
                    }
                }
            }

            Entries = new(stored, StringComparer.Ordinal);
            pending.Clear();
        }

        Locks.Clear();
        foreach (object node in Entries.Values.Concat(stored.Values).Distinct())
        {
            (node as VirtualFileNode)?.Crash(mode, random);
            (node as VirtualDirectoryNode)?.Crash(mode, random);
        }
    }

    /// <summary>Bytes of all files below.</summary>
    public long UsedBytes() => Entries.Values.Sum(node => node is VirtualFileNode file ? file.Length : ((VirtualDirectoryNode)node).UsedBytes());

    private void Do(Change change)
    {
        pending.Add(change);
        Apply(Entries, change);
    }

    private static void Apply(SortedDictionary<string, object> entries, Change change)
    {
        object? node = change.Node;
        if (change.From is not null && !entries.Remove(change.From, out node))
        {
            return;
        }

        if (change.To is not null)
        {
            entries[change.To] = node!;
        }
    }

    private readonly record struct Change(string? From, string? To, object? Node);
}
