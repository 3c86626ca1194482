namespace GoQueue.History.Checking;

/// <summary>The judgement in one word.</summary>
public enum Validity : byte
{
    /// <summary>Enough happened, and no promise was broken.</summary>
    True,

    /// <summary>A promise was broken.</summary>
    False,

    /// <summary>Nothing wrong was found, but not enough was seen to say that nothing is. A failed run.</summary>
    Unknown,
}

/// <summary>Whether finding one breaks a promise.</summary>
public enum AnomalyLevel : byte
{
    /// <summary>Counted and shown; nothing that was promised.</summary>
    Information,

    /// <summary>A broken promise.</summary>
    Error,
}

/// <summary>What one kind of anomaly is.</summary>
/// <param name="Id">As in the table of the reference: L1, T4, ...</param>
/// <param name="Level">Of most findings; some are only counted in a mode that promises less, which <paramref name="Words"/> says.</param>
public sealed record AnomalyDefinition(string Id, string Name, AnomalyLevel Level, string Words);

/// <summary>One finding, so that a person can look it up in the history.</summary>
public sealed record Evidence
{
    /// <summary>Indexes of the events that show it, the first one first.</summary>
    public required IReadOnlyList<long> Events { get; init; }

    public string? Topic { get; init; }

    public int? Partition { get; init; }

    public long? Offset { get; init; }

    /// <summary>The finding in one sentence.</summary>
    public required string Text { get; init; }

    public override string ToString() => $"{Text} (events {string.Join(", ", Events)})";
}

/// <summary>All findings of one kind and level.</summary>
public sealed record Anomaly
{
    public required AnomalyDefinition Definition { get; init; }

    /// <summary>Of these findings.</summary>
    public required AnomalyLevel Level { get; init; }

    public required long Count { get; init; }

    /// <summary>The first ones, at most <see cref="CheckOptions.MaxEvidence"/>.</summary>
    public required IReadOnlyList<Evidence> Evidence { get; init; }

    public override string ToString() => $"{Definition.Id} {Definition.Name}: {Count}{(Level == AnomalyLevel.Error ? "" : " (for information)")}";
}

/// <summary>How often one operation ended how.</summary>
public sealed record OperationCount(Events.Operation Operation, long Invoked, long Ok, long Fail, long Info);

/// <summary>The judgement over a history.</summary>
public sealed record Verdict
{
    public required Validity Valid { get; init; }

    /// <summary>Why it is unknown, or would be if it were not false. Each a sentence.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>In the order of the catalog, errors before information of the same id.</summary>
    public required IReadOnlyList<Anomaly> Anomalies { get; init; }

    /// <summary>What ran, asked operations first, in the order of the format's table.</summary>
    public required IReadOnlyList<OperationCount> Operations { get; init; }

    /// <summary>Events that were judged.</summary>
    public required long Events { get; init; }

    public IEnumerable<Anomaly> Errors => Anomalies.Where(static anomaly => anomaly.Level == AnomalyLevel.Error);

    public override string ToString() =>
        $"valid: {Valid.ToString().ToLowerInvariant()}; {Events} events"
        + string.Concat(Anomalies.Select(static anomaly => $"; {anomaly}"))
        + string.Concat(Reasons.Select(static reason => $"; {reason}"));
}
