using GoQueue.ClusterTest.Loads;

namespace GoQueue.ClusterTest.Verification;

/// <summary>A message as some road brought it back.</summary>
/// <param name="Message">Null when it is none of ours, or damaged.</param>
internal readonly record struct Stored(int Partition, long Offset, TestMessage? Message);
