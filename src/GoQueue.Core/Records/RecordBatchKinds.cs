namespace GoQueue.Core.Records;

/// <summary>Kinds of batches a caller accepts beside plain data.</summary>
[Flags]
public enum RecordBatchKinds
{
    /// <summary>Data batches outside transactions: all that a plain client may send.</summary>
    Data = 0,

    /// <summary>Batches with the transactional bit.</summary>
    Transactional = 1,

    /// <summary>State records, which only brokers write.</summary>
    Control = 2,
}
