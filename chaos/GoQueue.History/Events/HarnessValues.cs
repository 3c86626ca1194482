using System.Text.Json.Serialization;

namespace GoQueue.History.Events;

/// <summary>Begin or end of a fault.</summary>
public enum FaultEdge : byte
{
    [JsonStringEnumMemberName("begin")]
    Begin,

    [JsonStringEnumMemberName("end")]
    End,
}

/// <summary><c>nemesis</c>: a fault begins or ends. Recorded once it has (or has not) taken effect.</summary>
public sealed record NemesisValue : OperationValue
{
    /// <summary>Name of the kind of fault.</summary>
    public required string Fault { get; init; }

    /// <summary>Number of this fault in the run; begin and end have the same.</summary>
    public required int Number { get; init; }

    public required FaultEdge Edge { get; init; }

    /// <summary>Nodes, links or clients it is about.</summary>
    public required IReadOnlyList<string> Targets { get; init; }

    /// <summary>It was looked for and found (begin: the cut pair cannot connect; end: it can again). False makes the run unknown.</summary>
    public bool TookEffect { get; init; }

    /// <summary>
    /// It could not be brought then: there was nothing it could happen to, or another fault stood before it. <see cref="Proof"/> says why. The run is unknown only when
    /// the same fault never took effect in it (and not even then where faults are drawn from many, <c>areFaultsDrawn</c>, and some took effect).
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsSkipped { get; init; }

    /// <summary>How it was found, in words.</summary>
    public string? Proof { get; init; }

    public override string ToString() => $"{Fault} {Edge.ToString().ToLowerInvariant()} of {string.Join(' ', Targets)}";
}

/// <summary>How far the run has come; each is recorded when it begins.</summary>
public enum RunPhase : byte
{
    [JsonStringEnumMemberName("workload")]
    Workload,

    /// <summary>No fault is active any more.</summary>
    [JsonStringEnumMemberName("healed")]
    Healed,

    /// <summary>The cluster says it is well again (type ok), or did not within the bound (type fail).</summary>
    [JsonStringEnumMemberName("recovered")]
    Recovered,

    [JsonStringEnumMemberName("final-reads")]
    FinalReads,

    /// <summary>Everything that was to be read at the end was. Without it the verdict is unknown.</summary>
    [JsonStringEnumMemberName("done")]
    Done,
}

/// <summary><c>phase</c> of the run.</summary>
public sealed record PhaseValue : OperationValue
{
    public required RunPhase Phase { get; init; }

    public override string ToString() => Phase.ToString();
}

/// <summary><c>probe</c>: after the healing, does this partition take and give messages? ok: it does; fail or info: not (yet) (L15).</summary>
public sealed record ProbeValue : OperationValue
{
    public required string Topic { get; init; }

    public required int Partition { get; init; }

    public override string ToString() => $"{Topic}-{Partition}";
}

/// <summary>A batch on a replica, for the comparison of replicas byte for byte.</summary>
public sealed record BatchDigest(long Base, long Last, uint Crc);

/// <summary>
/// <c>final-read</c>: a part of one partition, read from the start at one replica (the event's node) after the healing. Long partitions come in several
/// events; the last one has <see cref="IsLast"/>.
/// </summary>
public sealed record FinalReadValue : OperationValue
{
    public required string Topic { get; init; }

    public required int Partition { get; init; }

    public required IReadOnlyList<HistoryRecord> Records { get; init; }

    /// <summary>First offset of the log there.</summary>
    public long Start { get; init; }

    /// <summary>Behind the last offset that was read: the high watermark, in the last part.</summary>
    public required long End { get; init; }

    /// <summary>The whole partition has been read with this.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsLast { get; init; }

    /// <summary>Read from the node's files, where that was done; empty when there was nothing in them.</summary>
    public IReadOnlyList<BatchDigest>? Batches { get; init; }

    public override string ToString() => $"{Topic}-{Partition} {Start}..{End} {Records.Count} records";
}
