using GoQueue.Core;

namespace GoQueue.Replication;

/// <summary>How far a follower is, for people who wait for it.</summary>
/// <param name="End">Everything below is on its device; none before its first fetch.</param>
/// <param name="FirstEnd">Where it stood when it first asked this leadership; none before.</param>
/// <param name="Since">How long ago that was.</param>
public readonly record struct CatchUpPosition(Offset End, Offset FirstEnd, TimeSpan Since);
