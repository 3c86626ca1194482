using System.Buffers.Binary;
using System.Text;
using GoQueue.Consensus.Core;
using GoQueue.Core;
using GoQueue.Storage.Directories;

namespace GoQueue.Consensus.Storage;

/// <summary>What the file says.</summary>
/// <param name="Commit">Entries up to it were decided when this was written; a hint.</param>
/// <param name="Boot">Which start of the node wrote it.</param>
/// <param name="Cluster">CRC-32C of the cluster id, so that a directory is not used for another cluster.</param>
/// <param name="IsVoteLost">An earlier file could not be read: what this member promised before is not known, and it never votes again.</param>
internal readonly record struct StoredHardState(HardState State, long Commit, long Boot, uint Cluster, bool IsVoteLost);

/// <summary>
/// Term and vote, in two copies 4 KiB apart (docs/internals/raft-log.md). Every save writes and flushes one copy, then the other. A crash between
/// spoils at most the one being written, and nobody was told of the new state before both stood; damage of one copy later leaves the other. The
/// file never changes its length, so a save needs no room.
/// </summary>
internal sealed class HardStateFile : IDisposable
{
    public const string FileName = "raft-state";
    public const int SlotStride = 4096;
    public const int SlotSize = 144;
    public const int FileSize = 2 * SlotStride;

    private const string TemporaryName = FileName + ".tmp";
    private const byte Version = 1;
    private const byte Kind = (byte)'H';

    // Byte positions in a slot; integers are big-endian.
    private const int ChecksumAt = 4;
    private const int SequenceAt = 8;
    private const int TermAt = 16;
    private const int CommitAt = 24;
    private const int BootAt = 32;
    private const int ClusterAt = 40;
    private const int HasVoteAt = 44;
    private const int VoteLengthAt = 45;
    private const int VoteLostAt = 46;
    private const int VoteIncarnationAt = 48;
    private const int VoteNodeAt = 64;

    private readonly ILogFile file;
    private long sequence;

    private HardStateFile(ILogFile file, long sequence)
    {
        this.file = file;
        this.sequence = sequence;
    }

    /// <summary>Null when the file is missing, or neither copy can be read: then nobody knows what this member promised.</summary>
    /// <exception cref="NewerFormatException">A sound copy is of a later version.</exception>
    public static HardStateFile? TryOpen(ILogDirectory directory, out StoredHardState stored)
    {
        stored = default;
        if (!directory.Exists(FileName))
        {
            return null;
        }

        ILogFile file = directory.Open(FileName, writable: true);
        try
        {
            Span<byte> slot = stackalloc byte[SlotSize];
            long newest = 0;
            for (int index = 0; index < 2; index++)
            {
                bool isRead = file.Read((long)index * SlotStride, slot) == SlotSize;
                if (isRead && TryParse(slot, $"{directory.Path}/{FileName}", out long seen, out StoredHardState found) && seen > newest)
                {
                    newest = seen;
                    stored = found;
                }
            }

            if (newest > 0)
            {
                return new HardStateFile(file, newest);
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }

        file.Dispose();
        return null;
    }

    /// <summary>A new file, durable when it returns; one that cannot be read is replaced.</summary>
    public static HardStateFile Create(ILogDirectory directory, in StoredHardState first)
    {
        directory.Delete(TemporaryName);
        using (ILogFile created = directory.Create(TemporaryName))
        {
            byte[] bytes = new byte[FileSize];
            Format(bytes, 1, first);
            Format(bytes.AsSpan(SlotStride), 1, first);
            created.Write(0, bytes);
            created.Flush();
        }

        directory.Rename(TemporaryName, FileName);
        directory.Sync();
        return new HardStateFile(directory.Open(FileName, writable: true), 1);
    }

    /// <summary>Durable when it returns.</summary>
    public void Save(in StoredHardState state)
    {
        sequence++;
        WriteCopy(0, state);
        file.Flush();
        WriteCopy(1, state);
        file.Flush();
    }

    /// <summary>For the deliberate bug only.</summary>
    public void SaveWithoutFlushing(in StoredHardState state)
    {
        sequence++;
        WriteCopy(0, state);
        WriteCopy(1, state);
    }

    public void Dispose() => file.Dispose();

    internal static void Format(Span<byte> slot, long sequence, in StoredHardState state)
    {
        slot = slot[..SlotSize];
        slot.Clear();
        slot[0] = (byte)'G';
        slot[1] = (byte)'Q';
        slot[2] = Version;
        slot[3] = Kind;
        BinaryPrimitives.WriteInt64BigEndian(slot[SequenceAt..], sequence);
        BinaryPrimitives.WriteInt64BigEndian(slot[TermAt..], state.State.Term);
        BinaryPrimitives.WriteInt64BigEndian(slot[CommitAt..], state.Commit);
        BinaryPrimitives.WriteInt64BigEndian(slot[BootAt..], state.Boot);
        BinaryPrimitives.WriteUInt32BigEndian(slot[ClusterAt..], state.Cluster);
        slot[VoteLostAt] = state.IsVoteLost ? (byte)1 : (byte)0;
        if (state.State.Vote is { } vote)
        {
            slot[HasVoteAt] = 1;
            slot[VoteLengthAt] = (byte)vote.Node.Value.Length;
            bool fits = vote.Incarnation.TryWriteBytes(slot[VoteIncarnationAt..], bigEndian: true, out _);
            Invariant.Check(fits && vote.Node.Value.Length <= MemberRules.MaxNodeIdLength, "a vote names a member");
            System.Text.Encoding.ASCII.GetBytes(vote.Node.Value, slot[VoteNodeAt..]);
        }

        BinaryPrimitives.WriteUInt32BigEndian(slot[ChecksumAt..], Checksum(slot));
    }

    internal static bool TryParse(ReadOnlySpan<byte> slot, string path, out long sequence, out StoredHardState state)
    {
        sequence = 0;
        state = default;
        if (slot.Length < SlotSize || slot[0] != 'G' || slot[1] != 'Q' || slot[3] != Kind
            || BinaryPrimitives.ReadUInt32BigEndian(slot[ChecksumAt..]) != Checksum(slot))
        {
            return false;
        }

        if (slot[2] > Version)
        {
            throw new NewerFormatException(path, slot[2], Version);
        }

        MemberId? vote = null;
        if (slot[HasVoteAt] == 1)
        {
            int length = slot[VoteLengthAt];
            if (length is < 1 or > MemberRules.MaxNodeIdLength || !Ascii.IsValid(slot.Slice(VoteNodeAt, length)))
            {
                return false;
            }

            string node = System.Text.Encoding.ASCII.GetString(slot.Slice(VoteNodeAt, length));
            vote = new MemberId(new NodeId(node), new Guid(slot.Slice(VoteIncarnationAt, 16), bigEndian: true));
        }

        sequence = BinaryPrimitives.ReadInt64BigEndian(slot[SequenceAt..]);
        long term = BinaryPrimitives.ReadInt64BigEndian(slot[TermAt..]);
        long commit = BinaryPrimitives.ReadInt64BigEndian(slot[CommitAt..]);
        long boot = BinaryPrimitives.ReadInt64BigEndian(slot[BootAt..]);
        state = new StoredHardState(new HardState(term, vote), commit, boot, BinaryPrimitives.ReadUInt32BigEndian(slot[ClusterAt..]), slot[VoteLostAt] == 1);
        return sequence > 0 && term >= 0 && commit >= 0 && boot >= 0 && slot[HasVoteAt] <= 1 && slot[VoteLostAt] <= 1;
    }

    private void WriteCopy(int index, in StoredHardState state)
    {
        Span<byte> slot = stackalloc byte[SlotSize];
        Format(slot, sequence, state);
        file.Write((long)index * SlotStride, slot);
    }

    private static uint Checksum(ReadOnlySpan<byte> slot) => Crc32C.Append(Crc32C.Compute(slot[..ChecksumAt]), slot[(ChecksumAt + 4)..SlotSize]);
}
