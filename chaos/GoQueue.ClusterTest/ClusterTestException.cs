namespace GoQueue.ClusterTest;

/// <summary>A scenario cannot go on, or did not see what it must see; the message is all there is to say.</summary>
internal sealed class ClusterTestException(string message) : Exception(message);
