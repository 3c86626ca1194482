using System.Text;
using GoQueue.Core;
using GoQueue.Core.Records;
using Google.Protobuf;

namespace GoQueue.Server.Tests.Grpc;

/// <summary>Bytes for requests.</summary>
internal static class GrpcBytes
{
    public static byte[] Of(IMessage message) => message.ToByteArray();

    /// <summary>A record batch with these values, keys <c>k0, k1, ...</c>.</summary>
    public static ByteString Batch(params string[] values) => Batch(CompressionCodec.None, values);

    public static ByteString Batch(CompressionCodec codec, params string[] values)
    {
        using RecordBatchBuilder builder = new();
        builder.Reset(codec: codec);
        for (int i = 0; i < values.Length; i++)
        {
            Assert.True(builder.TryAppend(new UnixMillis(1_000 + i), Encoding.UTF8.GetBytes($"k{i}"), Encoding.UTF8.GetBytes(values[i]), 128 << 20));
        }

        using SharedBuffer batch = builder.Build();
        return ByteString.CopyFrom(batch.Span);
    }
}
