namespace GoQueue.Core;

/// <summary>One of our own rules is broken. Never caught to go on; it ends the loop that owns the resource.</summary>
public sealed class InvariantViolationException(string rule) : Exception("Invariant broken: " + rule);
