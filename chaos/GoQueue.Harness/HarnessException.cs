namespace GoQueue.Harness;

/// <summary>A scenario cannot go on, or did not see what it must see; the message is all there is to say.</summary>
public sealed class HarnessException(string message) : Exception(message);
