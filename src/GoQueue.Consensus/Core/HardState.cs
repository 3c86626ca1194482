namespace GoQueue.Consensus.Core;

/// <summary>What must be durable before a node speaks of it.</summary>
/// <param name="Vote">Who got this node's vote in <paramref name="Term"/>; null for nobody yet.</param>
internal readonly record struct HardState(long Term, MemberId? Vote);
