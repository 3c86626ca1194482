using System.Buffers;
using GoQueue.Core;
using GoQueue.Core.Fields;
using GoQueue.Metadata.Cluster;

namespace GoQueue.Metadata.Encoding;

/// <summary>
/// The nodes that a body mentions, in the order of first mention; the body stands behind the table and says a node in two bytes. One of these collects
/// the body while it fills the table.
/// </summary>
internal sealed class NodeTableWriter
{
    private readonly Dictionary<NodeId, short> places = [];
    private readonly List<NodeId> byMention = [];
    private readonly ArrayBufferWriter<byte> body = new();

    public IBufferWriter<byte> Body => body;

    public void WriteNode(NodeId node)
    {
        if (places.TryAdd(node, (short)byMention.Count))
        {
            byMention.Add(node);
        }

        body.WriteInt16(places[node]);
    }

    /// <summary>-1 for nobody.</summary>
    public void WriteNodeOrNone(NodeId? node)
    {
        if (node is { } known)
        {
            WriteNode(known);
        }
        else
        {
            body.WriteInt16(-1);
        }
    }

    /// <summary>At most 255.</summary>
    public void WriteNodes(NodeList nodes)
    {
        body.WriteByte(checked((byte)nodes.Count));
        foreach (NodeId node in nodes)
        {
            WriteNode(node);
        }
    }

    public void WriteTo(IBufferWriter<byte> to)
    {
        to.WriteInt32(byMention.Count);
        foreach (NodeId node in byMention)
        {
            to.WriteName(node.Value);
        }

        to.Write(body.WrittenSpan);
    }
}

/// <summary>The reading side; checks that nodes are mentioned in the order of the table, so that what is read is written back the same.</summary>
internal sealed class NodeTableReader
{
    private readonly NodeId[] nodes;
    private int mentioned;

    private NodeTableReader(NodeId[] nodes) => this.nodes = nodes;

    /// <summary>Every node of the table was mentioned.</summary>
    public bool IsUsedUp => mentioned == nodes.Length;

    /// <param name="names">Nodes seen before, so that a thousand topics share one string.</param>
    public static NodeTableReader Read(ref FieldReader from, Dictionary<string, NodeId> names)
    {
        NodeId[] nodes = new NodeId[from.ReadCount(itemSize: 2, short.MaxValue)];
        HashSet<NodeId> seen = [];
        for (int i = 0; i < nodes.Length; i++)
        {
            string name = from.ReadName(ClusterName.MaxLength);
            if (!names.TryGetValue(name, out nodes[i]))
            {
                nodes[i] = new NodeId(name);
                names.Add(name, nodes[i]);
            }

            if (!seen.Add(nodes[i]))
            {
                from.Break();
            }
        }

        return new NodeTableReader(nodes);
    }

    public NodeId ReadNode(ref FieldReader from) => At(ref from, from.ReadInt16());

    public NodeId? ReadNodeOrNone(ref FieldReader from)
    {
        int place = from.ReadInt16();
        return place == -1 ? null : At(ref from, place);
    }

    public NodeList ReadNodes(ref FieldReader from, int maxCount)
    {
        int count = from.ReadByte();
        if (count > maxCount)
        {
            from.Break();
            return NodeList.Empty;
        }

        NodeId[] read = new NodeId[count];
        for (int i = 0; i < count; i++)
        {
            read[i] = ReadNode(ref from);
            if (Array.IndexOf(read, read[i], 0, i) >= 0)
            {
                from.Break();
            }
        }

        return from.IsBroken ? NodeList.Empty : NodeList.Of(read);
    }

    private NodeId At(ref FieldReader from, int place)
    {
        if (place < 0 || place > mentioned || place >= nodes.Length)
        {
            from.Break();
            return default;
        }

        mentioned = Math.Max(mentioned, place + 1);
        return nodes[place];
    }
}
