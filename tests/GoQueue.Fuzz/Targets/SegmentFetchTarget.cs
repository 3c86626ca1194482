using GoQueue.Core;
using GoQueue.Replication.Wire;

namespace GoQueue.Fuzz.Targets;

/// <summary>Manifests and parts of shipped segments: refused, or canonical; a part is taken only when its bytes are those that were summed.</summary>
internal sealed class SegmentFetchTarget : IFuzzTarget
{
    private static readonly SegmentAsker Asker = new(new TopicPartition(new TopicId(new Guid(7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)), new PartitionIndex(3)), new LeaderEpoch(1), new BrokerEpoch(9));
    private static readonly SegmentManifest Manifest = new(new Offset(100), new Offset(250), 4096, 0x12345678);

    public string Name => "segment-fetch";

    public IEnumerable<byte[]> Seeds { get; } =
    [
        Bytes(SegmentFetchCodec.EncodeManifestRequest(Asker, new Offset(100))),
        Bytes(SegmentFetchCodec.EncodeManifest(Manifest)),
        Bytes(SegmentFetchCodec.EncodePartRequest(Asker, Manifest, 1024, 512)),
        [.. Bytes(SegmentFetchCodec.EncodePartHead([1, 2, 3])), 1, 2, 3],
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        byte kind = SegmentFetchCodec.KindOf(input);
        if (SegmentFetchCodec.DecodeManifestRequest(input).TryGet(out (SegmentAsker Asker, Offset BaseOffset) first, out _))
        {
            Invariant.Check(SegmentFetchCodec.IsManifest(kind), "a manifest request says so in its kind");
            Check(input, SegmentFetchCodec.EncodeManifestRequest(first.Asker, first.BaseOffset));
        }

        if (SegmentFetchCodec.DecodeManifest(input).TryGet(out SegmentManifest manifest, out _))
        {
            Check(input, SegmentFetchCodec.EncodeManifest(manifest));
        }

        if (SegmentFetchCodec.DecodePartRequest(input).TryGet(out (SegmentAsker Asker, SegmentManifest Segment, long Position, int MaxBytes) part, out _))
        {
            Invariant.Check(SegmentFetchCodec.IsPart(kind), "a part request says so in its kind");
            Check(input, SegmentFetchCodec.EncodePartRequest(part.Asker, part.Segment, part.Position, part.MaxBytes));
        }

        // Whatever length was asked for: also one that the answer cannot have.
        foreach (int expected in (ReadOnlySpan<int>)[0, 3, int.MaxValue - SegmentFetchCodec.PartHead, Math.Max(0, input.Length - SegmentFetchCodec.PartHead)])
        {
            if (SegmentFetchCodec.CheckPart(input, expected) is null)
            {
                Check(input[..SegmentFetchCodec.PartHead], SegmentFetchCodec.EncodePartHead(input[SegmentFetchCodec.PartHead..]));
            }
        }
    }

    private static void Check(ReadOnlySpan<byte> read, SharedBuffer written)
    {
        using (written)
        {
            Invariant.Check(read.SequenceEqual(written.Span), "what is read is written back the same");
        }
    }

    private static byte[] Bytes(SharedBuffer buffer)
    {
        using (buffer)
        {
            return buffer.Span.ToArray();
        }
    }
}
