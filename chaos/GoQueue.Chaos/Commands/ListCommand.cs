using GoQueue.Chaos.Machine;
using GoQueue.Chaos.Nemesis;

namespace GoQueue.Chaos.Commands;

/// <summary><c>list</c>: the faults, and why some of them are not possible here.</summary>
internal static class ListCommand
{
    public static async Task<int> RunAsync()
    {
        Abilities abilities = await Abilities.OfThisMachineAsync();
        foreach (FaultKind kind in Catalogue.All)
        {
            string obstacle = abilities.Obstacle(kind.Needs) is { } why ? $"  [not here: {why}]" : string.Empty;
            Console.WriteLine($"{kind.Name,-26}{kind.Title}{obstacle}");
        }

        return 0;
    }
}
