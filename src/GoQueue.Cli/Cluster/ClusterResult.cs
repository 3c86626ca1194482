using System.Globalization;
using System.Text.Json.Nodes;
using GoQueue.Cli.Output;
using GoQueue.Cli.Values;
using GoQueue.Contracts.Json;
using GoQueue.Contracts.V1;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Enum = System.Enum;

namespace GoQueue.Cli.Cluster;

/// <summary>Answers about the cluster: the message itself as a document, and tables for people.</summary>
internal static class ClusterResult
{
    public static CommandResult Of(GetClusterResponse cluster)
    {
        Quorum quorum = cluster.Quorum ?? new Quorum();
        ResultTable facts = new ResultTable("FACT", "VALUE")
            .Add("cluster", cluster.HasClusterId ? cluster.ClusterId : "not formed yet")
            .Add("controller", cluster.HasController ? cluster.Controller : "none known")
            .Add("answered by", cluster.Node)
            .Add("brokers", Text(cluster.Brokers))
            .Add("topics", Text(cluster.Topics))
            .Add("partitions", Text(cluster.Partitions))
            .Add("metadata version", Text(cluster.MetadataVersion))
            .Add("quorum term", Text(quorum.Term))
            .Add("quorum committed", Text(quorum.CommitIndex))
            .Add("quorum applied here", Text(quorum.AppliedIndex));
        ResultTable members = new ResultTable("MEMBER", "ROLE", "MATCH", "LAST-CONTACT", "CAUGHT-UP", "PEER").AlignRight("MATCH", "LAST-CONTACT");
        foreach (QuorumMember member in quorum.Members)
        {
            members.Add(
                member.Node,
                Word(member.Role),
                member.HasMatchIndex ? Text(member.MatchIndex) : "-",
                member.HasLastContactMs ? $"{Text(member.LastContactMs)} ms" : "-",
                member.CaughtUp ? "yes" : "no",
                member.Endpoint);
        }

        return new CommandResult(Document(cluster), facts, members);
    }

    public static CommandResult Of(GetClusterHealthResponse health) => new(
        Document(health),
        new ResultTable("FACT", "VALUE")
            .Add("healthy", health.Healthy ? "yes" : "no")
            .Add("controller", health.HasController ? "yes" : "none")
            .Add("fenced brokers", Nodes(health.FencedBrokers))
            .Add("offline partitions", Text(health.OfflinePartitions))
            .Add("under min ISR", Text(health.UnderMinInSyncPartitions))
            .Add("under-replicated", Text(health.UnderReplicatedPartitions))
            .Add("not led by the preferred", Text(health.NotPreferredPartitions))
            .Add("reassigning", Text(health.ReassigningPartitions))
            .Add("unclean events ever", Text(health.UncleanEvents)));

    public static CommandResult Of(ListBrokersResponse answer)
    {
        ResultTable table = new ResultTable("NODE", "STATE", "QUORUM", "REPLICAS", "LEADERS", "RACK", "GRPC", "HTTP", "PEER").AlignRight("REPLICAS", "LEADERS");
        foreach (Broker broker in answer.Brokers)
        {
            table.Add(
                broker.Node,
                Word(broker.State) + (broker.Draining ? ",draining" : string.Empty),
                (broker.HasQuorumRole ? Word(broker.QuorumRole) : "-") + (broker.Controller ? ",controller" : string.Empty),
                Text(broker.Replicas),
                Text(broker.Leaders),
                broker.HasRack ? broker.Rack : "-",
                Endpoint(broker.GrpcEndpoint),
                Endpoint(broker.HttpEndpoint),
                Endpoint(broker.PeerEndpoint));
        }

        return new CommandResult(List(answer.Brokers), table);
    }

    public static CommandResult Of(IReadOnlyList<PartitionStatus> partitions)
    {
        ResultTable table = new ResultTable("TOPIC", "PARTITION", "LEADER", "EPOCH", "REPLICAS", "IN-SYNC", "ELIGIBLE", "STATE").AlignRight("PARTITION", "EPOCH");
        foreach (PartitionStatus partition in partitions)
        {
            table.Add(
                partition.Topic,
                Text(partition.Partition),
                partition.HasLeader ? partition.Leader : "none",
                Text(partition.LeaderEpoch),
                Nodes(partition.Replicas),
                Nodes(partition.InSync),
                Nodes(partition.EligibleLeaders),
                StateOf(partition));
        }

        return new CommandResult(List(partitions), table);
    }

    public static CommandResult Of(ListEventsResponse answer)
    {
        ResultTable table = new ResultTable("VERSION", "KIND", "TOPIC", "PARTITION", "LEADER", "BEFORE", "EPOCH", "AT-RISK").AlignRight("VERSION", "PARTITION", "EPOCH");
        foreach (ClusterEvent happened in answer.Events)
        {
            table.Add(
                Text(happened.Version),
                Word(happened.Kind),
                happened.Topic,
                Text(happened.Partition),
                happened.Leader,
                happened.HasBefore ? happened.Before : "-",
                Text(happened.LeaderEpoch),
                happened.HasFirstOffsetAtRisk ? $"[{Text(happened.FirstOffsetAtRisk)},{Text(happened.EndOffsetAtRisk)})" : "unknown");
        }

        return new CommandResult(List(answer.Events), table);
    }

    public static CommandResult Of(PlanReassignmentResponse plan)
    {
        ResultTable table = new ResultTable("TOPIC", "PARTITION", "FROM", "TO").AlignRight("PARTITION");
        foreach (ReplicaMove move in plan.Moves)
        {
            table.Add(move.Topic, Text(move.Partition), Nodes(move.From), Nodes(move.To));
        }

        return new CommandResult(Document(plan), table);
    }

    public static CommandResult Of(Reassignment reassignment)
    {
        ResultTable facts = new ResultTable("FACT", "VALUE")
            .Add("done", $"{Text(reassignment.Done)} of {Text(reassignment.Total)}")
            .Add("bound for each broker", reassignment.BytesPerSecond == 0 ? "none" : $"{ByteSizeText.Format(reassignment.BytesPerSecond)}/s");
        if (reassignment.Moving.Count == 0)
        {
            return new CommandResult(Document(reassignment), facts);
        }

        facts.Add("left", reassignment.HasBytesLeft ? $"about {ByteSizeText.Approximate(reassignment.BytesLeft)}" : "unknown: a leader does not say");
        facts.Add("time left", reassignment.HasSecondsLeft ? $"about {DurationText.Format(TimeSpan.FromSeconds(reassignment.SecondsLeft))}" : "unknown");

        ResultTable moving = new ResultTable("TOPIC", "PARTITION", "TARGET", "ADDING", "CAUGHT-UP", "LEFT", "REMOVING").AlignRight("PARTITION", "LEFT");
        foreach (MovingPartition partition in reassignment.Moving)
        {
            moving.Add(partition.Topic, Text(partition.Partition), Nodes(partition.Target), Nodes(partition.Adding), Nodes(partition.CaughtUp), Left(partition), Nodes(partition.Removing));
        }

        return new CommandResult(Document(reassignment), facts, moving);
    }

    private static string Left(MovingPartition partition) =>
        partition.Arriving.Count > 0 ? ByteSizeText.Approximate(partition.Arriving.Sum(replica => replica.BytesLeft))
        : partition.Adding.Count == partition.CaughtUp.Count ? "-"
        : "unknown";

    public static JsonNode Document(IMessage message) => JsonNode.Parse(MessageJson.ToText(message))!;

    private static string StateOf(PartitionStatus partition)
    {
        List<string> states = [];
        if (!partition.HasLeader)
        {
            states.Add(partition.HasLastKnownLeader ? $"offline (last led by {partition.LastKnownLeader})" : "offline");
        }

        if (partition.UnderMinInSync)
        {
            states.Add("under min ISR");
        }
        else if (partition.UnderReplicated)
        {
            states.Add("under-replicated");
        }

        if (partition.Adding.Count + partition.Removing.Count > 0)
        {
            states.Add("moving");
        }

        return states.Count == 0 ? "ok" : string.Join(", ", states);
    }

    private static JsonArray List(IEnumerable<IMessage> messages) => [.. messages.Select(Document)];

    private static string Nodes(RepeatedField<string> nodes) => nodes.Count == 0 ? "-" : string.Join(',', nodes);

    private static string Endpoint(string endpoint) => endpoint.Length == 0 ? "-" : endpoint;

    private static string Word<T>(T value)
        where T : struct, Enum => string.Concat(value.ToString().Select((c, i) => char.IsUpper(c) && i > 0 ? $"-{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
