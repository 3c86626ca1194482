using GoQueue.Core;

namespace GoQueue.Metadata.Commands;

/// <summary>Sets how fast replicas that are being added may be filled.</summary>
/// <param name="BytesPerSecond">For each broker, in and out; 0 for no bound, else at least <see cref="MinBytesPerSecond"/>.</param>
public sealed record SetReassignmentRateCommand(long BytesPerSecond) : MetadataCommand
{
    /// <summary>Slower would not keep up with an idle cluster's state records.</summary>
    public const long MinBytesPerSecond = 64 << 10;

    public override Error? Validate() => BytesPerSecond is 0 or >= MinBytesPerSecond
        ? null
        : new Error(ErrorCode.InvalidArgument, $"a reassignment rate of {BytesPerSecond} bytes/s: use 0 for no bound or at least {MinBytesPerSecond}");
}
