using System.Globalization;
using GoQueue.Consensus.Core;
using GoQueue.Core;
using GoQueue.Storage.Directories;

namespace GoQueue.Consensus.Storage;

/// <summary>Snapshots of the replicated state, one file each, named by the last entry they stand for. The newest two are kept: one may turn out to be damaged.</summary>
internal static class SnapshotFiles
{
    public const string Prefix = "snapshot-";

    private const int Kept = 2;

    /// <summary>Durable when it returns. The temporary name is of its own, so that one made here and one from the leader do not meet.</summary>
    /// <exception cref="DiskFullException">No room; nothing changed.</exception>
    public static void Save(ILogDirectory directory, RaftSnapshot snapshot, string temporarySuffix)
    {
        string name = NameOf(snapshot.Index);
        string temporary = name + temporarySuffix;
        directory.Delete(temporary);
        try
        {
            using ILogFile file = directory.Create(temporary);
            file.Write(0, snapshot.Bytes.Span);
            file.Flush();
        }
        catch (DiskFullException)
        {
            directory.Delete(temporary);
            throw;
        }

        directory.Rename(temporary, name);
        directory.Sync();
    }

    /// <summary>Deletes all but the newest two. Not synced: one that comes back after a crash is deleted the next time.</summary>
    public static void Prune(ILogDirectory directory)
    {
        List<long> found = Find(directory);
        for (int i = 0; i < found.Count - Kept; i++)
        {
            directory.Delete(NameOf(found[i]));
        }
    }

    /// <summary>The newest sound one; null for none.</summary>
    /// <param name="damaged">Names of newer ones that cannot be read.</param>
    /// <exception cref="NewerFormatException">The newest is of a later version.</exception>
    public static RaftSnapshot? LoadNewest(ILogDirectory directory, List<string> damaged)
    {
        List<long> found = Find(directory);
        for (int i = found.Count - 1; i >= 0; i--)
        {
            string name = NameOf(found[i]);
            byte[] bytes = ReadAll(directory, name);
            if (RaftSnapshot.TryParse(bytes) is { } snapshot && snapshot.Index == found[i])
            {
                return snapshot;
            }

            if (RaftSnapshot.IsNewer(bytes))
            {
                throw new NewerFormatException($"{directory.Path}/{name}", bytes[2], RaftSnapshot.Version);
            }

            damaged.Add(name);
        }

        return null;
    }

    /// <summary>Ascending.</summary>
    public static List<long> Find(ILogDirectory directory)
    {
        List<long> found = [];
        foreach (LogDirectoryEntry entry in directory.List())
        {
            if (!entry.IsDirectory && NumberedName.TryParse(entry.Name, Prefix, out long index))
            {
                found.Add(index);
            }
        }

        return found;
    }

    private static string NameOf(long index) => NumberedName.Of(Prefix, index);

    private static byte[] ReadAll(ILogDirectory directory, string name)
    {
        using ILogFile file = directory.Open(name, writable: false);
        byte[] bytes = new byte[file.Length];
        int read = file.Read(0, bytes);
        Invariant.Check(read == bytes.Length, "a file is as long as it says", bytes.Length, read);
        return bytes;
    }
}

/// <summary>A prefix and 20 digits, so that names sort as their numbers do.</summary>
internal static class NumberedName
{
    private const int Digits = 20;

    public static string Of(string prefix, long number) => prefix + number.ToString("D20", CultureInfo.InvariantCulture);

    public static bool TryParse(string name, string prefix, out long number)
    {
        number = 0;
        return name.Length == prefix.Length + Digits && name.StartsWith(prefix, StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
