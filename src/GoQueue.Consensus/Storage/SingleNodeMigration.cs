using GoQueue.Consensus.Core;
using GoQueue.Consensus.State;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Storage;
using GoQueue.Storage.Directories;
using Microsoft.Extensions.Logging;

namespace GoQueue.Consensus.Storage;

/// <summary>
/// Takes over the metadata of a node that was written by the program before Raft: a partition log of commands right in the directory. It becomes a snapshot;
/// once that is durable the old files go. A crash in between: the next start finds the snapshot and deletes the rest.
/// </summary>
internal static class SingleNodeMigration
{
    /// <summary>It was one log of one node; what its segments of version 1 did not say, nothing else says either.</summary>
    internal static readonly LogIdentity Identity = LogIdentity.OfMetadata(Guid.Empty);

    /// <exception cref="MetadataLogUnusableException">There is such metadata, and this node is to be one of several, or the metadata is damaged.</exception>
    public static void Run(ILogDirectory directory, Genesis genesis, MemberId self, RaftOptions options, UnixMillis now, ILogger logger)
    {
        if (!IsOld(directory))
        {
            return;
        }

        if (SnapshotFiles.Find(directory).Count == 0)
        {
            Convert(directory, genesis, self, options, now, logger);
        }

        foreach (LogDirectoryEntry entry in directory.List())
        {
            if (!entry.IsDirectory && IsOldFile(entry.Name))
            {
                directory.Delete(entry.Name);
            }
        }

        directory.Sync();
    }

    /// <summary>The cluster id of such metadata; null when there is none, or it has none. Recovers the old log on the way and changes nothing else.</summary>
    public static string? FindClusterId(ILogDirectory directory, PartitionLogOptions options, UnixMillis now)
    {
        if (!IsOld(directory) || SnapshotFiles.Find(directory).Count > 0)
        {
            return null;
        }

        using PartitionLog log = PartitionLog.Open(directory, Identity, options, now);
        string? id = SingleNodeReplay.Restore(log, directory.Path).Image.ClusterId;
        log.Close();
        return id;
    }

    private static void Convert(ILogDirectory directory, Genesis genesis, MemberId self, RaftOptions options, UnixMillis now, ILogger logger)
    {
        using PartitionLog log = PartitionLog.Open(directory, Identity, options.Log, now);
        MetadataState metadata = SingleNodeReplay.Restore(log, directory.Path);
        long index = log.EndOffset.Value;
        if (index > 0)
        {
            RaftConfiguration configuration = RaftConfiguration.Of(genesis);
            if (!configuration.IsSoleVoter(self) || configuration.Members.Count > 1)
            {
                throw new MetadataLogUnusableException(
                    $"{directory.Path} holds the metadata of a node that was a cluster by itself; it cannot become one of several at once. Start it alone first, or give it an empty directory.");
            }

            string? cluster = metadata.Image.ClusterId;
            if (cluster is not null && cluster != genesis.ClusterId)
            {
                throw new MetadataLogUnusableException($"{directory.Path} holds the metadata of cluster {cluster}, and the node is started as {genesis.ClusterId}.");
            }

            ReplicatedState state = ReplicatedState.From(metadata, index);
            byte[] bytes = ReplicatedState.WriteSnapshot(state.WriteSessions(), metadata.Image);
            SnapshotFiles.Save(directory, RaftSnapshot.Make(index, 0, configuration, bytes), ".own.tmp");
            Log.Migrated(logger, directory.Path, metadata.Image.Version, metadata.Image.TopicCount);
        }

        log.Close();
    }

    private static bool IsOld(ILogDirectory directory) => directory.List().Any(entry => !entry.IsDirectory && entry.Name.EndsWith(".log", StringComparison.Ordinal));

    /// <summary>Everything that a partition log may have there; none of it has a name of ours.</summary>
    private static bool IsOldFile(string name) =>
        name != HardStateFile.FileName && !name.StartsWith(SnapshotFiles.Prefix, StringComparison.Ordinal);
}
