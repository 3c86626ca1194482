using System.Buffers;
using GoQueue.Core;
using GoQueue.Core.Fields;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Cluster;
using GoQueue.Metadata.Commands;

namespace GoQueue.Metadata.Encoding;

/// <summary>Brokers and their endpoints (docs/internals/metadata-commands.md).</summary>
internal static class BrokerFields
{
    private const int SmallestBroker = 2 + 16 + 8 + (3 * 6) + 2 + 1;

    [Flags]
    private enum Flags : byte
    {
        Fenced = 1,
        Draining = 2,
        Stopping = 4,
    }

    public static void WriteEndpoints(this IBufferWriter<byte> to, BrokerEndpoints endpoints)
    {
        to.WriteEndpoint(endpoints.Peer);
        to.WriteEndpoint(endpoints.Http);
        to.WriteEndpoint(endpoints.Grpc);
    }

    public static BrokerEndpoints ReadEndpoints(this ref FieldReader from) => new(from.ReadEndpoint(), from.ReadEndpoint(), from.ReadEndpoint());

    /// <summary>Empty for none.</summary>
    public static string? ReadRack(this ref FieldReader from) => from.ReadName(RegisterBrokerCommand.MaxRackLength) is { Length: > 0 } rack ? rack : null;

    public static void WriteBrokers(this IBufferWriter<byte> to, IReadOnlyList<BrokerImage> brokers)
    {
        to.WriteInt32(brokers.Count);
        foreach (BrokerImage broker in brokers)
        {
            to.WriteName(broker.Node.Value);
            to.WriteGuid(broker.Incarnation);
            to.WriteInt64(broker.Epoch.Value);
            to.WriteEndpoints(broker.Endpoints);
            to.WriteName(broker.Rack ?? string.Empty);
            to.WriteByte((byte)((broker.IsFenced ? Flags.Fenced : 0) | (broker.IsDraining ? Flags.Draining : 0) | (broker.IsStopping ? Flags.Stopping : 0)));
        }
    }

    /// <summary>Null when they are cut short, out of order or out of bounds.</summary>
    public static BrokerRegistry? ReadBrokers(this ref FieldReader from, Dictionary<string, NodeId> names, long version)
    {
        BrokerRegistry brokers = BrokerRegistry.Empty;
        NodeId? previous = null;
        int count = from.ReadCount(SmallestBroker, BrokerRegistry.MaxBrokers);
        for (int i = 0; i < count; i++)
        {
            string name = from.ReadName(ClusterName.MaxLength);
            if (!names.TryGetValue(name, out NodeId node))
            {
                names.Add(name, node = new NodeId(name));
            }

            Guid incarnation = from.ReadGuid();
            BrokerEpoch epoch = new(from.ReadInt64());
            BrokerEndpoints endpoints = from.ReadEndpoints();
            string? rack = from.ReadRack();
            Flags flags = (Flags)from.ReadByte();
            bool isFine = !from.IsBroken && new RegisterBrokerCommand(node, incarnation, endpoints, rack, epoch).Validate() is null
                && !epoch.IsNone && epoch.Value <= version && flags <= (Flags.Fenced | Flags.Draining | Flags.Stopping)
                && (previous is not { } before || before.CompareTo(node) < 0);
            if (!isFine)
            {
                return null;
            }

            previous = node;
            brokers = brokers.With(new BrokerImage
            {
                Node = node,
                Incarnation = incarnation,
                Epoch = epoch,
                Endpoints = endpoints,
                Rack = rack,
                IsFenced = flags.HasFlag(Flags.Fenced),
                IsDraining = flags.HasFlag(Flags.Draining),
                IsStopping = flags.HasFlag(Flags.Stopping),
            });
        }

        return from.IsBroken ? null : brokers;
    }

    private static void WriteEndpoint(this IBufferWriter<byte> to, Endpoint endpoint)
    {
        to.WriteName(endpoint.Host);
        to.WriteInt32(endpoint.Port);
    }

    private static Endpoint ReadEndpoint(this ref FieldReader from) => new(from.ReadName(Endpoint.MaxHostLength), from.ReadInt32());
}
