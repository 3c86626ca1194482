using GoQueue.Core.Records;

namespace GoQueue.Cli.Values;

/// <summary>Names of the priority lanes, highest first.</summary>
internal static class PriorityText
{
    public static readonly (string Word, PriorityLane Value)[] All =
    [
        ("critical", PriorityLane.Critical), ("high", PriorityLane.High), ("normal", PriorityLane.Normal), ("low", PriorityLane.Low), ("background", PriorityLane.Background),
    ];

    public static string Format(PriorityLane lane)
    {
        foreach ((string word, PriorityLane value) in All)
        {
            if (value == lane)
            {
                return word;
            }
        }

        return ((int)lane).ToString();
    }
}
