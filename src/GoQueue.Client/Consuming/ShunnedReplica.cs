namespace GoQueue.Client.Consuming;

/// <summary>A replica that failed a reader, which reads from the leader instead for a while.</summary>
/// <param name="InSync">The in-sync set that it failed as a member of: with another set it may be another replica by now.</param>
/// <param name="Until">Timestamp of the client's clock.</param>
internal sealed record ShunnedReplica(Uri Address, IReadOnlyList<string> InSync, long Until)
{
    public bool Holds(Uri address, IReadOnlyList<string> inSync, TimeProvider time) => address == Address && time.GetTimestamp() < Until && inSync.SequenceEqual(InSync);
}
