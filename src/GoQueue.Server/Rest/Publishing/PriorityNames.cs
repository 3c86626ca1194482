using GoQueue.Core.Records;

namespace GoQueue.Server.Rest.Publishing;

/// <summary>The lanes as JSON names them.</summary>
internal static class PriorityNames
{
    public const string All = "critical, high, normal, low or background";

    public static ReadOnlySpan<byte> Of(PriorityLane lane) => lane switch
    {
        PriorityLane.Critical => "critical"u8,
        PriorityLane.High => "high"u8,
        PriorityLane.Low => "low"u8,
        PriorityLane.Background => "background"u8,
        _ => "normal"u8,
    };

    public static bool TryParse(ReadOnlySpan<byte> name, out PriorityLane lane)
    {
        for (lane = PriorityLane.Normal; lane <= PriorityLane.Background; lane++)
        {
            if (name.SequenceEqual(Of(lane)))
            {
                return true;
            }
        }

        return false;
    }
}
