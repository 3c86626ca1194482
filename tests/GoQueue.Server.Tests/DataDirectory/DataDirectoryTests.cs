using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Server.DataDirectory;
using GoQueue.Server.Hosting;
using GoQueue.Storage.Directories;
using GoQueue.Testing;

namespace GoQueue.Server.Tests.DataDirectory;

public sealed class DataDirectoryTests : IDisposable
{
    private static readonly DataDirectoryIdentity Identity = new(
        DataDirectoryIdentity.CurrentLayout, new NodeId("node-1"), new Guid("00112233-4455-6677-8899-aabbccddeeff"), new UnixMillis(1_767_225_600_000));

    private readonly TempFolder folder = new();

    private string IdentityFile => Path.Combine(folder.Path, DataDirectoryIdentity.FileName);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_written_form_is_the_documented_one()
    {
        // docs/internals/data-directory.md has these bytes field by field.
        Assert.Equal(
            "4751014E" + "1D3B6707" + "00000001" + "0000019B76DAA800" + "00112233445566778899AABBCCDDEEFF" + "06" + "6E6F64652D31",
            Convert.ToHexString(Identity.Encode()));
    }

    [Fact]
    public void What_was_written_reads_back()
    {
        Assert.True(DataDirectoryIdentity.TryDecode(Identity.Encode(), out DataDirectoryIdentity? read, out _));
        Assert.Equal(Identity, read);
    }

    [Fact]
    public void Any_changed_byte_and_any_cut_is_noticed()
    {
        byte[] bytes = Identity.Encode();
        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] changed = [.. bytes];
            changed[i] ^= 0x41;
            Assert.False(DataDirectoryIdentity.TryDecode(changed, out _, out _), $"byte {i}");
            Assert.False(DataDirectoryIdentity.TryDecode(bytes.AsSpan(0, i), out _, out _), $"cut at {i}");
        }
    }

    [Fact]
    public void Random_bytes_are_refused_without_harm()
    {
        Random random = new(7);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = new byte[random.Next(0, 120)];
            random.NextBytes(bytes);
            if (bytes.Length > 3 && i % 2 == 0)
            {
                (bytes[0], bytes[1], bytes[2], bytes[3]) = ((byte)'G', (byte)'Q', 1, (byte)'N');
            }

            Assert.False(DataDirectoryIdentity.TryDecode(bytes, out _, out string? problem));
            Assert.NotEmpty(problem);
        }
    }

    [Fact]
    public void The_first_start_names_the_directory_and_the_next_finds_the_same_incarnation()
    {
        Guid first;
        using (DataDirectoryClaim claim = Take("node-1"))
        {
            first = claim.Identity.Incarnation;
        }

        using DataDirectoryClaim again = Take("node-1");
        Assert.Equal(first, again.Identity.Incarnation);
    }

    [Fact]
    public void A_second_holder_is_refused_while_the_first_one_lives()
    {
        using DataDirectoryClaim claim = Take("node-1");
        StartRefusedException refusal = Assert.Throws<StartRefusedException>(() => Take("node-1"));
        Assert.Equal(ExitCodes.DataDirectoryRefused, refusal.ExitCode);
        Assert.Contains("--data", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_of_another_node_is_refused_and_left_as_it_is()
    {
        Take("node-1").Dispose();
        byte[] before = File.ReadAllBytes(IdentityFile);
        StartRefusedException refusal = Assert.Throws<StartRefusedException>(() => Take("node-2"));
        Assert.Equal(ExitCodes.DataDirectoryRefused, refusal.ExitCode);
        Assert.Contains("belongs to node 'node-1'", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(IdentityFile));
        Take("node-1").Dispose(); // the refusal let go of the lock
    }

    [Fact]
    public void A_newer_layout_is_refused()
    {
        Take("node-1").Dispose();
        File.WriteAllBytes(IdentityFile, (Identity with { LayoutVersion = DataDirectoryIdentity.CurrentLayout + 1 }).Encode());
        Assert.Contains("newer version", Assert.Throws<StartRefusedException>(() => Take("node-1")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_newer_format_of_the_file_is_refused_as_newer_and_not_as_damaged()
    {
        byte[] newer = Identity.Encode();
        newer[2] = 2;
        BinaryPrimitives.WriteUInt32BigEndian(newer.AsSpan(4), 0);
        Take("node-1").Dispose();
        File.WriteAllBytes(IdentityFile, newer);
        Assert.Contains("newer version", Assert.Throws<StartRefusedException>(() => Take("node-1")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_identity_is_refused_and_not_made_anew()
    {
        Take("node-1").Dispose();
        File.WriteAllBytes(IdentityFile, [0, 1, 2]);
        Assert.Contains("cannot be read", Assert.Throws<StartRefusedException>(() => Take("node-1")).Message, StringComparison.Ordinal);
        Assert.Equal(3, new FileInfo(IdentityFile).Length);
    }

    [Fact]
    public void A_directory_with_something_else_in_it_is_not_adopted()
    {
        File.WriteAllText(Path.Combine(folder.Path, "thesis.doc"), "mine");
        Assert.Contains("'thesis.doc'", Assert.Throws<StartRefusedException>(() => Take("node-1")).Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(Path.Combine(folder.Path, "thesis.doc")));
    }

    [Fact]
    public void A_crash_while_the_identity_was_made_does_no_harm()
    {
        File.WriteAllBytes(IdentityFile + ".tmp", [1, 2, 3]);
        using DataDirectoryClaim claim = Take("node-1");
        Assert.False(File.Exists(IdentityFile + ".tmp"));
    }

    private DataDirectoryClaim Take(string node) =>
        DataDirectoryClaim.Take(new PhysicalLogDirectory(folder.Path), new NodeId(node), new UnixMillis(1_767_225_600_000));
}
