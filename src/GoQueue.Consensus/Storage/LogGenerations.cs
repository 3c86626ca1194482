using GoQueue.Core;
using GoQueue.Storage;
using GoQueue.Storage.Directories;

namespace GoQueue.Consensus.Storage;

/// <summary>
/// The directories of the log, <c>log-{20 digits}</c>, named by the entry behind which each begins. There is one, but for a moment while a snapshot from
/// the leader replaces the whole log: a new directory is the only way to leave no trace of the old entries.
/// </summary>
internal static class LogGenerations
{
    public const string Prefix = "log-";

    /// <summary>Ascending.</summary>
    public static List<long> Find(ILogDirectory directory)
    {
        List<long> found = [];
        foreach (LogDirectoryEntry entry in directory.List())
        {
            if (entry.IsDirectory && NumberedName.TryParse(entry.Name, Prefix, out long behind))
            {
                found.Add(behind);
            }
        }

        return found;
    }

    public static PartitionLog Open(ILogDirectory directory, Guid incarnation, PartitionLogOptions options, long behind, UnixMillis now) =>
        PartitionLog.Open(directory.Subdirectory(NumberedName.Of(Prefix, behind)), LogIdentity.OfMetadata(incarnation), options with { FirstOffset = new Offset(behind) }, now);

    /// <summary>An empty log behind an entry; its directory is durable when it returns. What is left of an earlier try goes first.</summary>
    public static PartitionLog Create(ILogDirectory directory, Guid incarnation, PartitionLogOptions options, long behind, UnixMillis now)
    {
        PartitionLog.Delete(directory, NumberedName.Of(Prefix, behind));
        PartitionLog created = Open(directory, incarnation, options, behind, now);
        try
        {
            directory.Sync();
            return created;
        }
        catch
        {
            created.Dispose();
            throw;
        }
    }

    public static void DeleteOthers(ILogDirectory directory, long kept)
    {
        foreach (long behind in Find(directory))
        {
            if (behind != kept)
            {
                PartitionLog.Delete(directory, NumberedName.Of(Prefix, behind));
            }
        }
    }
}
