using GoQueue.Core;
using GoQueue.Metadata.Policy;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Broker.Controller;

/// <summary>Who votes: one step at a time, beside the rounds, because a step may take as long as a node needs to catch up.</summary>
internal sealed partial class ControllerLoop
{
    private void StepQuorum(QuorumStatus status, ClusterView view, CancellationToken cancellationToken)
    {
        if (!quorumStep.IsCompleted || Now - quorumAt < options.QuorumInterval)
        {
            return;
        }

        quorumAt = Now;
        IReadOnlyDictionary<NodeId, Guid> incarnations;
        lock (livenessGate)
        {
            incarnations = liveness.Incarnations;
        }

        if (QuorumPolicy.Next(status, view, incarnations, options.FenceAfter) is { } step)
        {
            quorumStep = RunStepAsync(step, cancellationToken);
        }
    }

    private async Task RunStepAsync(QuorumStep step, CancellationToken cancellationToken)
    {
        try
        {
            Error? refusal = step switch
            {
                QuorumStep.Promote promote => await quorum.PromoteAsync(promote.Member.Node, promote.Member.Incarnation, cancellationToken),
                QuorumStep.Replace replace => await quorum.RemoveAsync(replace.Old.Node, replace.Old.Incarnation, cancellationToken)
                    ?? await quorum.AddLearnerAsync(replace.New, cancellationToken),
                _ => throw new InvariantViolationException($"quorum step {step.GetType().Name} has no action"),
            };
            Log.QuorumStepped(environment.Logger, step, refusal);
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
        {
            // the next controller finds what is left to do
        }
    }
}
