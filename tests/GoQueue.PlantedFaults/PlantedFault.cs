namespace GoQueue.PlantedFaults;

/// <summary>What a broker does wrong now and then before its clients, whatever goes on behind. Ids are those of reliability.md 3.1.</summary>
public enum PlantedFault
{
    /// <summary>Everything is passed on as it is.</summary>
    None = 0,

    /// <summary>A message that is stored is refused, as if nothing had been written (L6).</summary>
    RefuseStored,

    /// <summary>A byte of a body is another one, and the checksum of the batch is right (L7).</summary>
    AlterBody,

    /// <summary>Two neighbouring batches of one answer stand in the wrong order (L8).</summary>
    SwapBatches,

    /// <summary>A batch in the middle of an answer is left out (L8).</summary>
    LeaveOutInside,

    /// <summary>The batch that a reader has to go on with is left out (L9).</summary>
    LeaveOutFirst,

    /// <summary>A batch is acknowledged where the batch before of the same producer stands (L10; with it L3 and L4).</summary>
    AckEarlier,

    /// <summary>The end of a partition is told as it was some questions ago (L11).</summary>
    StaleEnd,

    /// <summary>The end of a partition is told some messages lower than it is (L12; with it L11).</summary>
    EndGoesBack,

    /// <summary>All but the newest records of a partition are treated as if retention had removed them, whatever its settings say (L13).</summary>
    ForgetOldRecords,

    /// <summary>Once the first partition of a topic holds some records, nothing more that is published to it is answered with success (L15).</summary>
    NeverAcknowledge,

    /// <summary>A reader is given the records of another partition (L3, L5).</summary>
    ReadNeighbour,
}
