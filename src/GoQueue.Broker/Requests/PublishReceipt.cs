using GoQueue.Core;

namespace GoQueue.Broker.Requests;

/// <summary>The answer to a publish. On refusal <see cref="Error"/> says why and the offset is <see cref="Offset.None"/>.</summary>
/// <param name="BaseOffset">Offset of the batch's first record; for a recognised repeat the offset of the first attempt (semantics I1).</param>
/// <param name="Timestamp">Largest timestamp of the batch as stored.</param>
/// <param name="Replicas">Replicas that hold the batch now.</param>
/// <param name="Flushed">Whether each of them has it on its device.</param>
public readonly record struct PublishReceipt(Error Error, Offset BaseOffset, UnixMillis Timestamp, int Replicas, bool Flushed)
{
    public bool IsOk => Error.Code == ErrorCode.None;

    public static PublishReceipt Refused(ErrorCode code, string detail) => new(new Error(code, detail), Offset.None, UnixMillis.None, 0, false);
}
