using GoQueue.History.Checking;
using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.History.Report;

/// <summary>Makes the report of a trial from its history file, the verdict over it, and the logs beside it. The file is read once, in the memory of its longest line.</summary>
public static class TrialReader
{
    private const int MaxTextLength = 600;

    /// <summary>Findings of one anomaly whose surroundings are looked up.</summary>
    private const int MaxExcerpts = 4;

    /// <summary>Events of one finding around which the logs are read, the first ones: what was promised comes before what broke it.</summary>
    private const int MaxMoments = 3;

    /// <param name="name">Of the trial.</param>
    /// <param name="historyFile">Its history; a missing one gives an empty report.</param>
    /// <param name="verdict">Of the checker over that file.</param>
    /// <param name="logFolder">With a file NODE.log for each node; null for none.</param>
    public static TrialReport Read(string name, string historyFile, Verdict verdict, string? logFolder)
    {
        Evidence[] shown = [.. verdict.Anomalies.SelectMany(static anomaly => anomaly.Evidence.Take(MaxExcerpts))];
        HashSet<long> wanted = [.. shown.SelectMany(static evidence => evidence.Events)];
        Dictionary<long, HistoryEvent> found = [];
        TimelineBuilder timeline = new();
        FaultTracker faults = new();
        WorkloadTraits traits = new();
        TimeSpan? healed = null;
        TimeSpan? recovered = null;
        RunDescription? run = null;
        if (File.Exists(historyFile))
        {
            using HistoryReader reader = HistoryReader.Open(historyFile);
            run = reader.Run;
            foreach (HistoryEvent next in reader.Events())
            {
                timeline.Add(next);
                faults.Add(next);
                traits = Widen(traits, next);
                healed = next.Value is PhaseValue { Phase: RunPhase.Healed } ? Since(next) : healed;
                recovered = next is { Type: EventType.Ok, Value: PhaseValue { Phase: RunPhase.Recovered } } ? Since(next) : recovered;
                if (wanted.Contains(next.Index))
                {
                    found.TryAdd(next.Index, next);
                }
            }
        }

        return new TrialReport
        {
            Name = name,
            Run = run,
            Valid = verdict.Valid,
            Reasons = verdict.Reasons,
            Verdict = verdict,
            Timeline = timeline.Build(),
            Faults = faults.Build(),
            Traits = traits,
            Excerpts = ExcerptsOf(shown, found, run is not null && logFolder is not null ? new NodeLogs(logFolder, run.Started) : null),
            Recovered = recovered - healed,
        };
    }

    private static WorkloadTraits Widen(WorkloadTraits traits, HistoryEvent next) => next switch
    {
        { Type: EventType.Ok, Value: SendValue { Acks: SendAcks.All, IsIdempotent: false } } when !traits.HasAcksAll => traits with { HasAcksAll = true },
        { Type: EventType.Ok, Value: SendValue { Acks: SendAcks.All, IsIdempotent: true } } when !traits.HasIdempotentSends => traits with { HasAcksAll = true, HasIdempotentSends = true },
        { Type: EventType.Ok, Value: SendValue { Acks: SendAcks.Leader } } when !traits.HasAcksLeader => traits with { HasAcksLeader = true },
        { Type: EventType.Ok, Value: SendValue { Acks: SendAcks.None } } when !traits.HasAcksNone => traits with { HasAcksNone = true },
        { Type: EventType.Ok, Value: PollValue { IsFollower: true } } when !traits.HasFollowerReads => traits with { HasFollowerReads = true },
        _ => traits,
    };

    private static Dictionary<Evidence, EvidenceExcerpt> ExcerptsOf(Evidence[] shown, Dictionary<long, HistoryEvent> found, NodeLogs? logs)
    {
        HistoryEvent[][] events = [.. shown.Select(evidence => evidence.Events.Where(found.ContainsKey).Select(index => found[index]).ToArray())];
        TimeSpan[][] moments = [.. events.Select(static group => group.Take(MaxMoments).Select(Since).ToArray())];
        IReadOnlyList<IReadOnlyList<LogLine>> lines = logs?.Around(moments) ?? [.. shown.Select(static _ => Array.Empty<LogLine>())];
        Dictionary<Evidence, EvidenceExcerpt> excerpts = new(ReferenceEqualityComparer.Instance);
        for (int index = 0; index < shown.Length; index++)
        {
            excerpts[shown[index]] = new EvidenceExcerpt([.. events[index].Select(ToExcerpt)], lines[index]);
        }

        return excerpts;
    }

    private static ExcerptEvent ToExcerpt(HistoryEvent shown)
    {
        string text = shown.Error is null ? shown.Value.ToString() : $"{shown.Value} {shown.Error}";
        return new ExcerptEvent(
            shown.Index, Since(shown), shown.Process, shown.Type.ToString().ToLowerInvariant(), shown.Operation.Name(), text.Length <= MaxTextLength ? text : text[..MaxTextLength] + " ...", shown.Node);
    }

    private static TimeSpan Since(HistoryEvent next) => TimeSpan.FromTicks(next.Time / 100);
}
