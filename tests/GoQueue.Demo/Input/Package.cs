namespace GoQueue.Demo.Input;

/// <summary>One stanza of a Debian package index, as it stands there, byte for byte, without the empty line after it.</summary>
internal sealed record Package(byte[] Name, byte[] Stanza);
