using GoQueue.History.Checking.Cluster;
using GoQueue.History.Checking.Delays;
using GoQueue.History.Checking.Groups;
using GoQueue.History.Checking.Log;
using GoQueue.History.Checking.Queues;
using GoQueue.History.Checking.Transactions;

namespace GoQueue.History.Checking;

/// <summary>Every check, in the order they see events. The facts come first: the others read what they wrote down.</summary>
internal static class AllChecks
{
    public static Check[] Create(CheckContext context) =>
    [
        new LogFacts(context),
        new LossCheck(context),
        new PollCheck(context),
        new ProducerOrderCheck(context),
        new WatermarkCheck(context),
        new RetentionCheck(context),
        new ReplicaCheck(context),
        new LivenessCheck(context),
        new TransactionCheck(context),
        new CycleCheck(context),
        new PipelineCheck(context),
        new SequenceCheck(context),
        new CommittedOffsetCheck(context),
        new AssignmentCheck(context),
        new QueueCheck(context),
        new DelayCheck(context),
        new RegisterCheck(context),
        new LeaderCheck(context),
        new RaftCheck(context),
        new TopicLifeCheck(context),
    ];
}
