using GoQueue.Consensus.Core;
using GoQueue.Consensus.State;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;

namespace GoQueue.Consensus;

/// <content>Applying what is decided, and answering whoever proposed it.</content>
public sealed partial class RaftMetadataLog
{
    private readonly List<Proposal> decided = [];

    private void ApplyUpTo(long upTo)
    {
        if (upTo <= state.AppliedIndex)
        {
            return;
        }

        for (long index = state.AppliedIndex + 1; index <= upTo; index++)
        {
            RaftEntry entry = core.Log[index];
            bytesSinceSnapshot += entry.Size;
            if (entry.Kind == RaftEntryKind.Command)
            {
                ApplyCommand(entry);
            }
            else
            {
                state.Skip(index);
            }
        }

        PublishImage();
        AnswerDecided();
    }

    private void ApplyCommand(in RaftEntry entry)
    {
        CommandEnvelope? head = CommandEnvelope.TryReadHead(entry.Payload.Span);
        Proposal? own = null;
        if (head is { } known && known.Client == self.Incarnation && known.Boot == boot)
        {
            pending.TryGetValue(known.Sequence, out own);
        }

        MetadataOutcome? outcome = head is not null && own is not null
            ? state.Apply(head.Value, own.Command, entry.Index)
            : ApplyDecoded(entry);
        if (own is not null)
        {
            Invariant.Check(outcome is not null, "a proposal that is still open was not applied before");
            own.Outcome = outcome;
            decided.Add(own);
            pending.Remove(own.Sequence);
        }
    }

    private MetadataOutcome? ApplyDecoded(in RaftEntry entry) =>
        CommandEnvelope.Read(entry.Payload.Span).TryGet(out (CommandEnvelope Envelope, MetadataCommand Command) read, out Error error)
            ? state.Apply(read.Envelope, read.Command, entry.Index)
            : throw new MetadataLogUnusableException($"entry {entry.Index} of the metadata log cannot be applied: {error.Detail}");

    /// <summary>The image first, so that whoever has an answer sees its effect.</summary>
    private void PublishImage()
    {
        if (state.Image.Version > feed.Newest.Version)
        {
            feed.Publish(state.Image);
        }
    }

    private void AnswerDecided()
    {
        if (decided.Count == 0)
        {
            return;
        }

        lock (gate)
        {
            openProposals -= decided.Count;
        }

        foreach (Proposal proposal in decided)
        {
            Invariant.Check(proposal.Outcome is not null, "an applied command has an outcome");
            proposal.Complete(proposal.Outcome);
        }

        metrics?.Decided(decided.Count);
        decided.Clear();
    }
}
