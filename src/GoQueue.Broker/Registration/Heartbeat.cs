using System.Buffers.Binary;
using GoQueue.Core;

namespace GoQueue.Broker.Registration;

/// <summary>What a broker tells the controller five times a second. Bytes: docs/internals/broker-heartbeat.md.</summary>
/// <param name="Applied">The image version it has.</param>
internal readonly record struct Heartbeat(BrokerEpoch Epoch, long Applied, bool WantsToStop)
{
    private const byte Version = 1;
    private const int Size = 1 + 8 + 8 + 1;

    public SharedBuffer Encode()
    {
        SharedBuffer buffer = SharedBuffer.Rent(Size);
        Span<byte> bytes = buffer.Span;
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], Epoch.Value);
        BinaryPrimitives.WriteInt64BigEndian(bytes[9..], Applied);
        bytes[17] = WantsToStop ? (byte)1 : (byte)0;
        return buffer;
    }

    /// <summary>Codes: MalformedRequest.</summary>
    public static Result<Heartbeat> Decode(ReadOnlySpan<byte> bytes) =>
        bytes.Length == Size && bytes[0] == Version && bytes[17] <= 1
            ? new Heartbeat(new BrokerEpoch(BinaryPrimitives.ReadInt64BigEndian(bytes[1..])), BinaryPrimitives.ReadInt64BigEndian(bytes[9..]), bytes[17] == 1)
            : new Error(ErrorCode.MalformedRequest, $"a heartbeat has {Size} bytes of version {Version}, this one {bytes.Length}");
}

/// <summary>The controller's answer.</summary>
/// <param name="MayStop">Nothing that the broker leads can be led by another any more.</param>
internal readonly record struct HeartbeatAnswer(bool MayStop)
{
    private const byte Version = 1;
    private const int Size = 2;

    public SharedBuffer Encode()
    {
        SharedBuffer buffer = SharedBuffer.Rent(Size);
        buffer.Span[0] = Version;
        buffer.Span[1] = MayStop ? (byte)1 : (byte)0;
        return buffer;
    }

    /// <summary>Codes: MalformedRequest.</summary>
    public static Result<HeartbeatAnswer> Decode(ReadOnlySpan<byte> bytes) =>
        bytes.Length == Size && bytes[0] == Version && bytes[1] <= 1
            ? new HeartbeatAnswer(bytes[1] == 1)
            : new Error(ErrorCode.MalformedRequest, $"the answer to a heartbeat has {Size} bytes of version {Version}, this one {bytes.Length}");
}
