using static GoQueue.History.Checking.AnomalyLevel;

namespace GoQueue.History.Checking;

/// <summary>Every kind of anomaly, in words that a user of the broker understands.</summary>
public static class AnomalyCatalog
{
    public static IReadOnlyList<AnomalyDefinition> All { get; } =
    [
        new("L1", "lost write", Error, "A message that was acknowledged, or that somebody read, is missing from the final read of its partition. Only counted when the producer did not ask for acks=all."),
        new("L2", "vanished read", Error, "A consumer read a message at an offset where a later reader found another one or none."),
        new("L3", "inconsistent offset", Error, "One offset of a partition holds two messages, by acknowledgements, reads and replicas."),
        new("L4", "wrong offset in an acknowledgement", Error, "A message does not stand at the offset its acknowledgement named."),
        new("L5", "duplicate", Error, "One message stands at two offsets. Only counted when its producer had no identity."),
        new("L6", "read of a refused write", Error, "A message is there although its producer was told that it is not and will not be."),
        new("L7", "phantom", Error, "A message was read that nobody sent, or whose body, key, headers or time differ from what was sent."),
        new("L8", "skip or step back inside one poll", Error, "Two neighbours in the answer of one poll are not neighbours in the partition."),
        new("L9", "skip or step back between polls", Error, "A poll does not go on where the one before ended. Only counted across a rebalance."),
        new("L10", "order of one producer", Error, "A later acknowledged message of a producer stands before an earlier one. Only counted when producers are not ordered, or did not ask for acks=all."),
        new("L11", "stale end", Error, "The end of a partition, asked for after an acknowledgement, lies below the acknowledged message."),
        new("L12", "watermark goes back", Error, "The committed end, the last stable offset or the start that one client was told went backwards."),
        new("L13", "wrong retention or compaction", Error, "The newest message of a key is missing, a record went before its time, a deleted key came back, or offsets were renumbered."),
        new("L14", "replicas differ", Error, "After the healing two replicas differ below the high watermark, or one that is in sync ends below it."),
        new("L15", "stuck", Error, "A partition does not take and give messages within the bound after the last fault."),

        new("O1", "lost commit", Error, "The committed offset of a group, as read, fits no order of the commits: an acknowledged commit was lost or undone."),
        new("O2", "zombie commit", Error, "A commit of an older generation was accepted after a newer generation had been handed out."),
        new("O3", "double assignment", Error, "Two members of one generation were told that they own the same partition."),
        new("O4", "over-commit", Error, "The stored offset of a group is higher than anything its members committed or read."),
        new("O5", "replay below the commit", Error, "A member was told to start below an acknowledged commit."),
        new("O6", "orphan partition", Error, "A partition of a group with members has no owner for longer than the bound."),

        new("T1", "write cycle (G0)", Information, "The writes of transactions interleave in a cycle. Allowed, so only counted."),
        new("T2", "aborted read (G1a)", Error, "A reader of committed data saw a message of a transaction that was aborted."),
        new("T3", "torn transaction (G1b)", Error, "At the end some messages or offsets of one transaction are visible and others are not."),
        new("T4", "circular flow (G1c)", Error, "Transactions read from each other in a cycle, also through time. Only counted when the cycle needs the order of writes."),
        new("T5", "read before the commit", Error, "A reader of committed data saw a message before its transaction asked to commit."),
        new("T6", "lost commit of a transaction", Error, "A transaction was committed and nothing of it is there."),
        new("T7", "contamination of the next transaction", Error, "A message of one transaction took effect in a later transaction of the same producer."),
        new("T8", "zombie write", Error, "A producer was acknowledged, or its message became visible, after it had been fenced."),
        new("T9", "broken pipeline", Error, "An input of a consume-transform-produce pipeline has none or several committed outputs, or its committed offset says otherwise."),
        new("T10", "hanging transaction", Error, "The last stable offset stands still for longer than any transaction may live."),
        new("T11", "sequence error", Error, "A producer with an identity that skipped nothing was told that its sequence is wrong."),

        new("Q1", "lost message of a queue", Error, "An acknowledged message was never settled and is neither in the queue nor a dead letter."),
        new("Q2", "redelivery after an ack", Error, "A message was handed out by a call made after its ack had been answered."),
        new("Q3", "two leases at once", Error, "Two consumers held an unexpired lease on one message. Only counted across a fault when leases do not outlive faults."),
        new("Q4", "stale receipt accepted", Error, "A receipt that had expired or been replaced still settled its message."),
        new("Q5", "wrong count of deliveries", Error, "A delivery count is lower than the deliveries there were, above the maximum, or a message is in two places."),
        new("Q6", "unmarked redelivery", Error, "A second delivery was not marked as one."),
        new("Q7", "order of a key in a queue", Error, "A message was delivered while an earlier one of its key was not settled."),
        new("Q8", "stuck message", Error, "A lease expired and the message was not offered again within the bound."),

        new("D1", "early", Error, "A delayed message was visible before its time."),
        new("D2", "lost delayed message", Error, "A delayed message was accepted, is due, and was never delivered."),
        new("D3", "delayed message twice", Error, "A delayed message became visible twice. Only counted when the run does not promise once."),
        new("D4", "cancel ignored", Error, "A delayed message was delivered although its cancelling was confirmed."),
        new("D5", "late", Error, "A delayed message was not there long after its time, in a cluster that was well."),
        new("D6", "order of delayed messages", Error, "Messages of one key that were due at the same time did not keep the order they were published in."),

        new("M1", "two leaders", Error, "Two nodes led in one epoch of a partition, or in one term of the metadata."),
        new("M2", "epoch goes back", Error, "A leader epoch or the metadata version of a node went backwards."),
        new("M3", "leader not eligible", Error, "A leader was chosen that may lack committed messages, without permission or without an entry in the audit trail."),
        new("M4", "metadata log differs", Error, "Two nodes hold different entries at one place, a node voted twice in a term, or equal positions made different states."),
        new("M5", "metadata not linearizable", Error, "Creations, deletions and changes of settings fit no order."),
        new("M6", "topic came back or went unasked", Error, "A deleted topic is there again, or one that nobody deleted is gone."),
        new("M7", "quorums that do not meet", Error, "Two successive memberships allow two disjoint majorities, or a removed node was still counted."),
    ];

    private static readonly Dictionary<string, AnomalyDefinition> ById = All.ToDictionary(static definition => definition.Id, StringComparer.Ordinal);

    public static AnomalyDefinition Find(string id) => ById[id];
}
