using GoQueue.Consensus.Formation;
using GoQueue.Core;
using GoQueue.Metadata.Quorum;
using GoQueue.Storage.Directories;
using GoQueue.Testing;

namespace GoQueue.Consensus.Tests.Formation;

public sealed class FormationFileTests
{
    private static readonly FormationRecord Record = new(
        FormationStage.Formed,
        new FormationProposal(new NodeId("n1"), new Guid("00112233-4455-6677-8899-aabbccddeeff"), 2, new Guid("ffeeddcc-bbaa-9988-7766-554433221100")),
        new Genesis("prod", [new QuorumMember(new NodeId("n1"), new Guid("00112233-4455-6677-8899-aabbccddeeff"), "n1.example", 7000)], []),
        3);

    [Fact]
    public void A_golden_file_is_read_and_written()
    {
        const string Golden =
            "47510147" + "07E55F2B" + "03" + "0000000000000003" + "00026E31" + "00112233445566778899AABBCCDDEEFF" + "0000000000000002" + "FFEEDDCCBBAA99887766554433221100" +
            "00000033" + "01" + "000470726F64" + "00000001" + "00026E31" + "00112233445566778899AABBCCDDEEFF" + "000A6E312E6578616D706C65" + "00001B58" + "00000000";
        Assert.Equal(Golden, Convert.ToHexString(FormationFile.Encode(Record)));
        Assert.Equal(Record, FormationFile.Decode(Convert.FromHexString(Golden)).Value);
    }

    [Fact]
    public void A_record_survives_a_restart_and_replaces_the_one_before()
    {
        using TempFolder folder = new();
        FormationFile file = new(new PhysicalLogDirectory(folder.Path));
        Assert.Null(file.Load());
        file.Save(Record with { Stage = FormationStage.Accepted });
        file.Save(Record);
        Assert.Equal(Record, new FormationFile(new PhysicalLogDirectory(folder.Path)).Load());
        Assert.Equal([FormationFile.Name], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Every_changed_or_missing_byte_is_noticed()
    {
        byte[] good = FormationFile.Encode(Record);
        for (int i = 0; i < good.Length; i++)
        {
            byte[] changed = [.. good];
            changed[i] ^= 0x04;
            Assert.False(FormationFile.Decode(changed).IsOk);
            Assert.False(FormationFile.Decode(good.AsSpan(0, i)).IsOk);
        }
    }

    [Fact]
    public void A_damaged_file_keeps_the_node_from_guessing()
    {
        using TempFolder folder = new();
        FormationFile file = new(new PhysicalLogDirectory(folder.Path));
        file.Save(Record);
        string path = Path.Combine(folder.Path, FormationFile.Name);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        MetadataLogUnusableException refused = Assert.Throws<MetadataLogUnusableException>(file.Load);
        Assert.Contains("checksum", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Views_of_others_are_read_without_an_exception_whatever_they_are()
    {
        FormationView view = new(new NodeId("n2"), Guid.NewGuid(), "n2.example", 7000, 3, Record);
        using SharedBuffer bytes = view.Encode();
        Assert.Equal(view, FormationView.Decode(bytes.Span).Value);
        Random random = new(20261121);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] changed = bytes.Span[..random.Next(bytes.Length + 1)].ToArray();
            for (int flips = random.Next(4); flips > 0 && changed.Length > 0; flips--)
            {
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            }

            FormationView.Decode(changed);
        }
    }
}
