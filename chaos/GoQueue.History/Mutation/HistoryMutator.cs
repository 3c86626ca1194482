using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.History.Mutation;

/// <summary>A history with one thing changed.</summary>
/// <param name="Kind">What was changed.</param>
/// <param name="Words">Where, for people.</param>
/// <param name="Expected">Ids of anomalies of which the checker must report at least one as an error.</param>
/// <param name="Events">The whole history, changed.</param>
public sealed record Mutation(MutationKind Kind, string Words, IReadOnlyList<string> Expected, IReadOnlyList<HistoryEvent> Events);

/// <summary>
/// Breaks valid histories, one thing at a time, to show that the checker sees it. A change is made only where it can be observed, so the score that is wanted is
/// always 100 of 100.
/// </summary>
public static partial class HistoryMutator
{
    /// <summary>Every kind of change.</summary>
    public static IReadOnlyList<MutationKind> Kinds { get; } = Enum.GetValues<MutationKind>();

    /// <param name="events">A whole valid history, in memory.</param>
    /// <param name="seed">Picks the place.</param>
    /// <returns>Null when the history has no place where this change could be observed.</returns>
    public static Mutation? Mutate(IReadOnlyList<HistoryEvent> events, MutationKind kind, int seed)
    {
        Work work = new(events, new Random(seed));
        return kind switch
        {
            MutationKind.DropAcknowledged => DropAcknowledged(work),
            MutationKind.DropDelayed => DropDelayed(work),
            MutationKind.DropFromReplica => DropFromReplica(work),
            MutationKind.Duplicate => Duplicate(work),
            MutationKind.Swap => Swap(work),
            MutationKind.SwapInPoll => SwapInPoll(work),
            MutationKind.MoveAcknowledgement => MoveAcknowledgement(work),
            MutationKind.MoveToPartition => MoveToPartition(work),
            MutationKind.DamageBody => ChangeRead(work, kind, static record => record with { Damage = "damaged: by the mutation" }, "L7"),
            MutationKind.ChangeDigest => ChangeRead(work, kind, static record => record with { Digest = record.Digest ^ 1 }, "L7"),
            MutationKind.ShortenReplica => ShortenReplica(work),
            MutationKind.ShortenFiles => ShortenFiles(work),
            MutationKind.Phantom => ChangeRead(work, kind, static record => record with { Message = new MessageId(999_999, 1) }, "L7"),
            MutationKind.UnAbort => UnAbort(work),
            MutationKind.Tear => Tear(work),
            MutationKind.RefuseWhatIsThere => RefuseWhatIsThere(work),
            MutationKind.SkipInPoll => SkipInPoll(work),
            MutationKind.RepeatInPoll => RepeatInPoll(work),
            MutationKind.StaleEnd => StaleEnd(work),
            MutationKind.EndGoesBack => EndGoesBack(work),
            MutationKind.ChangeBatch => ChangeBatch(work),
            MutationKind.Stuck => Stuck(work),
            MutationKind.RegressCommit => RegressCommit(work),
            MutationKind.ChangeSetting => ChangeSetting(work),
            MutationKind.TurnExists => TurnExists(work),
            MutationKind.DeliverAfterAck => DeliverAfterAck(work),
            MutationKind.CountTooLow => ChangeDelivery(work, kind, static delivery => delivery with { Attempt = 1 }, "Q5"),
            MutationKind.Unmark => ChangeDelivery(work, kind, static delivery => delivery with { IsRedelivered = false }, "Q6"),
            MutationKind.DropFromQueue => DropFromQueue(work),
            MutationKind.Early => Early(work),
            MutationKind.CancelWhatIsThere => CancelWhatIsThere(work),
            MutationKind.SecondLeader => SecondLeader(work),
            MutationKind.OtherState => OtherState(work),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
    }

    /// <summary>Reads a history, changes one thing, and writes it; a file that exists is an error.</summary>
    /// <param name="kind">Null: any that the history has a place for.</param>
    /// <returns>Null when there is no place.</returns>
    /// <exception cref="InvalidDataException">The file is no whole history.</exception>
    public static Mutation? MutateFile(string source, string target, MutationKind? kind, int seed)
    {
        using HistoryReader reader = HistoryReader.Open(source);
        List<HistoryEvent> events = [.. reader.Events()];
        if (reader.Problems.Count > 0)
        {
            throw new InvalidDataException($"{source}: {reader.Problems[0]}");
        }

        MutationKind[] kinds = kind is { } one ? [one] : [.. Kinds];
        new Random(seed).Shuffle(kinds);
        Mutation? mutation = kinds.Select(candidate => Mutate(events, candidate, seed)).FirstOrDefault(static made => made is not null);
        if (mutation is not null)
        {
            long time = 0;
            using HistoryWriter writer = HistoryWriter.Create(target, reader.Run!, () => time);
            foreach (HistoryEvent next in mutation.Events)
            {
                time = next.Time;
                writer.Record(next.Process, next.Type, next.Operation, next.Value, next.Error, next.Node, next.Extra);
            }

            writer.Complete();
        }

        return mutation;
    }
}
