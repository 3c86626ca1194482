using GoQueue.Chaos.Networks;

namespace GoQueue.Chaos.Tests.Networks;

public sealed class PatternsTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(7)]
    public void In_a_majority_ring_every_node_hears_a_majority_and_no_two_the_same(int count)
    {
        string[] nodes = Nodes(count);
        HashSet<Way> cut = [.. Patterns.MajorityRing(nodes)];
        List<string> heard = [.. nodes.Select(to => string.Join(' ', nodes.Where(from => from == to || !cut.Contains(new Way(from, to))).Order(StringComparer.Ordinal)))];
        Assert.All(heard, those => Assert.Equal((count / 2) + 1, those.Split(' ').Length));
        Assert.Equal(count, heard.Distinct().Count());
    }

    [Fact]
    public void A_bridge_is_the_only_one_who_sees_both_sides()
    {
        string[] nodes = Nodes(5);
        HashSet<Way> cut = [.. Patterns.Bridge(nodes)];
        Assert.DoesNotContain(cut, way => way.From == "n5" || way.To == "n5");
        Assert.Equal(8, cut.Count);
        Assert.All(cut, way => Assert.Contains(way.Back, cut));
    }

    [Fact]
    public void One_way_cuts_leave_the_other_way_open()
    {
        string[] nodes = Nodes(3);
        Assert.Equal([new Way("n1", "n2")], Patterns.OneWay(nodes));
        Assert.Equal([new Way("n1", "n2"), new Way("n1", "n3")], Patterns.Mute(nodes));
        Assert.Equal([new Way("n2", "n1"), new Way("n3", "n1")], Patterns.Deaf(nodes));
    }

    [Fact]
    public void Halves_see_only_themselves()
    {
        HashSet<Way> cut = [.. Patterns.Halves(Nodes(5))];
        Assert.Equal(12, cut.Count);
        Assert.DoesNotContain(new Way("n1", "n2"), cut);
        Assert.Contains(new Way("n2", "n5"), cut);
    }

    private static string[] Nodes(int count) => [.. Enumerable.Range(1, count).Select(number => $"n{number}")];
}
