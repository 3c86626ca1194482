namespace GoQueue.Cli.Produce;

/// <summary>One message to send. The memory is valid until the next one is asked for.</summary>
/// <param name="Key">Null: no key.</param>
/// <param name="Value">Null: a tombstone.</param>
internal readonly record struct OutgoingMessage(ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value);
