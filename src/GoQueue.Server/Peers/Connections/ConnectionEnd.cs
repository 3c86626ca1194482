namespace GoQueue.Server.Peers.Connections;

/// <summary>Why a connection ended, as seen from here.</summary>
internal enum ConnectionEnd
{
    /// <summary>It has not.</summary>
    None = 0,

    /// <summary>The other end closed or reset it.</summary>
    ClosedByPeer,

    /// <summary>Nothing was heard for the time-out.</summary>
    Silent,

    /// <summary>The other end broke the protocol.</summary>
    Violation,

    /// <summary>This side ended it.</summary>
    EndedHere,
}
