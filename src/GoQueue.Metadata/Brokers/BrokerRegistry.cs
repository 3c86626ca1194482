using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using GoQueue.Core;

namespace GoQueue.Metadata.Brokers;

/// <summary>The brokers of an image, by node id in ordinal order. Immutable.</summary>
internal sealed class BrokerRegistry
{
    /// <summary>Each costs every other one a heartbeat to the controller and links to those it replicates with.</summary>
    public const int MaxBrokers = 1000;

    public static readonly BrokerRegistry Empty = new(ImmutableSortedDictionary<NodeId, BrokerImage>.Empty);

    private readonly ImmutableSortedDictionary<NodeId, BrokerImage> byNode;
    private IReadOnlyList<BrokerImage>? inOrder;

    private BrokerRegistry(ImmutableSortedDictionary<NodeId, BrokerImage> byNode) => this.byNode = byNode;

    public int Count => byNode.Count;

    /// <summary>Two readers may both make it at first; the lists are equal, so either may stay.</summary>
    public IReadOnlyList<BrokerImage> InOrder => inOrder ??= [.. byNode.Values];

    public bool TryGet(NodeId node, [MaybeNullWhen(false)] out BrokerImage broker) => byNode.TryGetValue(node, out broker);

    public bool Contains(NodeId node) => byNode.ContainsKey(node);

    public BrokerRegistry With(BrokerImage broker) => new(byNode.SetItem(broker.Node, broker));

    public BrokerRegistry Without(NodeId node) => new(byNode.Remove(node));
}
