namespace GoQueue.Consensus;

/// <summary>The stored metadata cannot be used as it is: damaged, of a newer program, or with a part missing. The message says what to do.</summary>
public sealed class MetadataLogUnusableException(string message) : Exception(message);
