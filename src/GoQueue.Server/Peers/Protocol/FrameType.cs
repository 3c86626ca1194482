namespace GoQueue.Server.Peers.Protocol;

/// <summary>What a frame is. Numbers are part of the peer protocol (docs/internals/peer-protocol.md).</summary>
internal enum FrameType : byte
{
    None = 0,

    /// <summary>Says only that the sender lives. No payload.</summary>
    KeepAlive = 1,

    /// <summary>A message that nobody answers.</summary>
    Message = 2,

    /// <summary>A call; answered by a reply or refusal with the same correlation.</summary>
    Request = 3,

    Reply = 4,

    /// <summary>Payload: an error code (int32) and its sentence in UTF-8.</summary>
    Refusal = 5,
}
