using System.Collections;

namespace GoQueue.Core;

/// <summary>A short list of nodes, each once, in an order that means something to its owner. Immutable, compared by content.</summary>
public sealed class NodeList : IReadOnlyList<NodeId>, IEquatable<NodeList>
{
    public static readonly NodeList Empty = new([]);

    private readonly NodeId[] nodes;

    private NodeList(NodeId[] nodes) => this.nodes = nodes;

    public int Count => nodes.Length;

    public NodeId this[int index] => nodes[index];

    /// <summary>The nodes must differ from each other.</summary>
    public static NodeList Of(params ReadOnlySpan<NodeId> nodes)
    {
        for (int i = 1; i < nodes.Length; i++)
        {
            Invariant.Check(!nodes[..i].Contains(nodes[i]), "a node stands once in a list");
        }

        return nodes.IsEmpty ? Empty : new NodeList(nodes.ToArray());
    }

    public static NodeList From(IEnumerable<NodeId> nodes) => Of([.. nodes]);

    public bool Contains(NodeId node) => IndexOf(node) >= 0;

    /// <summary>-1 when it is not there.</summary>
    public int IndexOf(NodeId node) => Array.IndexOf(nodes, node);

    public bool ContainsAll(NodeList others)
    {
        foreach (NodeId other in others.nodes)
        {
            if (!Contains(other))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>This order, without these.</summary>
    public NodeList Without(NodeList others) => Where(node => !others.Contains(node));

    public NodeList Without(NodeId other) => Contains(other) ? Where(node => node != other) : this;

    /// <summary>With the node at the end; the same list when it is there already.</summary>
    public NodeList With(NodeId node) => Contains(node) ? this : new NodeList([.. nodes, node]);

    /// <summary>With those at the end that are not there yet.</summary>
    public NodeList With(NodeList others)
    {
        NodeList all = this;
        foreach (NodeId other in others.nodes)
        {
            all = all.With(other);
        }

        return all;
    }

    /// <summary>Those that fit, in this order; the same list when all do.</summary>
    public NodeList Where(Func<NodeId, bool> fits)
    {
        NodeId[] kept = Array.FindAll(nodes, node => fits(node));
        return kept.Length == nodes.Length ? this : kept.Length == 0 ? Empty : new NodeList(kept);
    }

    public IEnumerator<NodeId> GetEnumerator() => ((IEnumerable<NodeId>)nodes).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => nodes.GetEnumerator();

    public bool Equals(NodeList? other) => other is not null && (ReferenceEquals(this, other) || nodes.AsSpan().SequenceEqual(other.nodes));

    public override bool Equals(object? obj) => Equals(obj as NodeList);

    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (NodeId node in nodes)
        {
            hash.Add(node);
        }

        return hash.ToHashCode();
    }

    public override string ToString() => $"[{string.Join(' ', nodes)}]";
}
