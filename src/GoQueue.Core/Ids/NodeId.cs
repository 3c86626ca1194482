namespace GoQueue.Core;

/// <summary>Name of a broker node in its cluster: 1 to 64 of <c>[A-Za-z0-9._-]</c>.</summary>
public readonly record struct NodeId(string Value) : IComparable<NodeId>
{
    public int CompareTo(NodeId other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;
}
