using GoQueue.History.Checking.Facts;
using GoQueue.History.Format;

namespace GoQueue.History.Checking.Transactions;

/// <summary>T9: every input of a consume-transform-produce pipeline below the committed offset has exactly one committed output, and none above it has one.</summary>
internal sealed class PipelineCheck(CheckContext context) : Check(context)
{
    public override void Finish()
    {
        foreach (PipelineConfiguration pipeline in Context.Configuration.Pipelines)
        {
            for (int partition = 0; partition < Context.Partitions.Count; partition++)
            {
                if (Context.Partitions.Name(partition).Topic == pipeline.Input && Context.Partitions[partition].WasReadFinally)
                {
                    Judge(pipeline, partition);
                }
            }
        }
    }

    private void Judge(PipelineConfiguration pipeline, int partition)
    {
        PartitionName name = Context.Partitions.Name(partition);
        bool isKnown = Context.Transactions.FinalOffsets.TryGetValue(TransactionTable.CommitKey(pipeline.Group, name.Topic, name.Index), out long? committed);
        foreach ((long offset, int slot) in Context.Partitions[partition].MessageAt.Entries())
        {
            int number = slot - 1;
            ref readonly MessageFacts input = ref Context.Messages[number];
            if (!input.Has(MessageMarks.Final) || input.SeenOffset != offset)
            {
                continue;
            }

            int outputs = Context.Transactions.OutputsOf.GetValueOrDefault(number)?.Count(output => Context.Messages[output].Has(MessageMarks.Final)) ?? 0;
            string? wrong = outputs > 1 ? $"has {outputs} outputs"
                : !isKnown ? null
                : offset < (committed ?? 0) && outputs == 0 ? $"lies below the committed offset {committed} and has no output"
                : offset >= (committed ?? 0) && outputs == 1 ? $"has an output and lies above the committed offset {committed ?? 0}"
                : null;
            if (wrong is not null)
            {
                Report("T9", $"{input.Id} of {pipeline.Input} {wrong}", [input.SentEvent], partition, offset);
            }
        }
    }
}
