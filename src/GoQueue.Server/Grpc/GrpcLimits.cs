using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace GoQueue.Server.Grpc;

/// <summary>Bounds of the gRPC listener. Every queue, buffer and wait of the layer is named here.</summary>
internal sealed record GrpcLimits
{
    public static readonly GrpcLimits Default = new();

    /// <summary>Largest message taken from a client, bytes, after inflating. Default 4 MiB, what gRPC clients expect; 64 KiB to 65 MiB. Topics that
    /// allow larger batches need a larger value here.</summary>
    public int MaxMessageBytes { get; init; } = 4 << 20;

    /// <summary>Request metadata of one call, bytes, names and values plus 32 each (as HTTP/2 counts). Default 16 KiB.</summary>
    public int MaxMetadataBytes { get; init; } = 16 << 10;

    /// <summary>How long a message that has begun may take to arrive whole; for unary calls counted from the start of the call. Default 30 s.</summary>
    public TimeSpan MessageTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a reader may refuse to take bytes before its call is reset. Meanwhile the call holds one response. Default 2 minutes.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Batches of one publish stream that are not answered yet, bytes; reading stops at the bound. Default 16 MiB.</summary>
    public long StreamInFlightBytes { get; init; } = 16 << 20;

    /// <summary>The same, counted in batches. Default 4096.</summary>
    public int StreamInFlightBatches { get; init; } = 4096;

    /// <summary>Messages in one unary publish. Default 10,000.</summary>
    public int MaxPublishMessages { get; init; } = 10_000;

    /// <summary>Largest <c>max_bytes</c> of a fetch or a subscription; larger wishes are cut to it. Default 32 MiB.</summary>
    public int MaxFetchBytes { get; init; } = 32 << 20;

    /// <summary>Largest <c>max_messages</c> of a fetch. Default 10,000.</summary>
    public int MaxFetchMessages { get; init; } = 10_000;

    /// <summary>Longest wait of a fetch for its first message; longer wishes are cut to it. Default 30 s.</summary>
    public TimeSpan MaxFetchWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Calls at the same time on one connection. Default 1000; Kestrel's own default of 100 is soon used up by open streams.</summary>
    public int MaxCallsPerConnection { get; init; } = 1000;

    /// <summary>Flow-control window of one call, bytes: what a client may send ahead. Default 4 MiB.</summary>
    public int CallWindowBytes { get; init; } = 4 << 20;

    /// <summary>Flow-control window of a connection, bytes. Default 8 MiB.</summary>
    public int ConnectionWindowBytes { get; init; } = 8 << 20;

    /// <summary>
    /// Sets what Kestrel knows only for the whole server. The minimum response rate is switched off because it takes a consumer that pauses for a
    /// broken one and closes the whole connection; <see cref="WriteTimeout"/> stands in for it on gRPC calls.
    /// </summary>
    public void ApplyTo(KestrelServerLimits kestrel)
    {
        kestrel.MinResponseDataRate = null;
        kestrel.Http2.MaxStreamsPerConnection = MaxCallsPerConnection;
        kestrel.Http2.InitialStreamWindowSize = CallWindowBytes;
        kestrel.Http2.InitialConnectionWindowSize = ConnectionWindowBytes;
        kestrel.Http2.MaxFrameSize = 64 << 10; // fewer frames for a batch where the client makes use of it
        kestrel.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30); // finds peers that vanished under an idle stream
        kestrel.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
    }
}
