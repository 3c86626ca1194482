namespace GoQueue.Chaos.Nemesis;

/// <summary>Makes the cluster of a trial; disposing takes away what it made.</summary>
internal interface ITestBedMaker : IAsyncDisposable
{
    /// <param name="count">Nodes, n1 to n{count}; of an attached cluster there are as many as there are.</param>
    /// <param name="damagedNode">The only one whose files may be damaged.</param>
    /// <param name="topic">The topic under load.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<TestBed> MakeAsync(int count, string damagedNode, string topic, CancellationToken cancellationToken);
}
