using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Storage.Directories;

namespace GoQueue.Consensus.Storage;

/// <summary>
/// Keeps apart this program and the one before Raft, which no release had. Its metadata, a partition log right in the directory, is refused by name: beginning an empty cluster
/// beside it would be taken for a loss. And it is kept out of directories of ours. It would look for a partition log right there, find none, and begin an empty cluster on top of
/// this one's data. So a flush checkpoint (docs/internals/checkpoint.md) of a version that it does not know stands where it looks first: it refuses the start by
/// name and changes nothing. Nobody else reads the file.
/// </summary>
internal static class OldProgramGuard
{
    public const string FileName = "checkpoint";

    private const int SlotSize = 48;
    private const int ChecksumAt = 4;
    private const byte NewerVersion = 255;
    private const byte CheckpointKind = 1;

    /// <exception cref="MetadataLogUnusableException">The program before Raft wrote here; nothing was changed.</exception>
    public static void RefuseItsFiles(ILogDirectory directory)
    {
        if (directory.List().Any(static entry => !entry.IsDirectory && entry.Name.EndsWith(".log", StringComparison.Ordinal)))
        {
            throw new MetadataLogUnusableException(
                $"the metadata in {directory.Path} was written before the first release, by a program that kept it another way, and is not read any more; nothing was changed. Move the data directory away and begin with an empty one.");
        }
    }

    /// <summary>Durable when it returns, if it was not there before.</summary>
    public static void Place(ILogDirectory directory)
    {
        if (directory.Exists(FileName))
        {
            return;
        }

        byte[] slot = new byte[SlotSize];
        slot[0] = (byte)'G';
        slot[1] = (byte)'Q';
        slot[2] = NewerVersion;
        slot[3] = CheckpointKind;
        BinaryPrimitives.WriteUInt32BigEndian(slot.AsSpan(ChecksumAt), Crc32C.Append(Crc32C.Compute(slot.AsSpan(0, ChecksumAt)), slot.AsSpan(ChecksumAt + 4)));
        string temporary = FileName + ".tmp";
        directory.Delete(temporary);
        using (ILogFile file = directory.Create(temporary))
        {
            file.Write(0, slot);
            file.Flush();
        }

        directory.Rename(temporary, FileName);
        directory.Sync();
    }
}
