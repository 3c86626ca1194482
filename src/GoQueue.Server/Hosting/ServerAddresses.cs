using System.Net;

namespace GoQueue.Server.Hosting;

/// <summary>What the listeners are really bound to. The peer listener comes with the cluster.</summary>
internal sealed record ServerAddresses(IPEndPoint Http, IPEndPoint Grpc, IPEndPoint Metrics, IPEndPoint? Peer);
