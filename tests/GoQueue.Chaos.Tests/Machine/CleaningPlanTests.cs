using GoQueue.Chaos.Machine;

namespace GoQueue.Chaos.Tests.Machine;

public sealed class CleaningPlanTests
{
    private static readonly RunName Dead = new(111);
    private static readonly RunName Alive = new(222);

    [Theory]
    [InlineData("gqc111b", 111)]
    [InlineData("gqc111v3", 111)]
    [InlineData("gqc111-n1", 111)]
    [InlineData("gqc111", 111)]
    [InlineData("gqc", null)]
    [InlineData("gqcx1", null)]
    [InlineData("gqc111x", null)]
    [InlineData("docker0", null)]
    [InlineData("gqc99999999999b", null)]
    public void A_name_tells_whose_it_is(string thing, int? process) => Assert.Equal(process, RunName.Of(thing)?.ProcessId);

    [Fact]
    public void Every_name_that_is_given_out_is_recognized_and_fits_a_network_link()
    {
        RunName name = new(4_194_304); // the largest process id there is
        foreach (string thing in new[] { name.Bridge, name.Namespace("n1"), name.Link(9), name.Group("n10") })
        {
            Assert.Equal(name, RunName.Of(thing));
        }

        Assert.True(name.Bridge.Length <= 15 && name.Link(99).Length <= 15);
    }

    [Fact]
    public void What_a_dead_run_left_goes_and_nothing_else()
    {
        Inventory found = new(
            [Dead.Namespace("n1"), Alive.Namespace("n1"), "mine"],
            ["lo", "eth0", Dead.Bridge, Alive.Bridge, Dead.Link(1)],
            [Dead.Group("n2"), "system.slice"],
            [("/dev/loop0", $"/out/kill-one/{Dead}/n1.img"), ("/dev/loop1", $"/out/kill-one/{Alive}/n1.img"), ("/dev/loop2", "/home/disk.img")],
            [("/dev/loop0", $"/out/kill-one/{Dead}/n1"), ("/dev/loop1", $"/out/kill-one/{Alive}/n1"), ("/dev/loop2", "/mnt"), ("/dev/vda", "/")],
            [(5, Dead), (6, Alive)]);

        CleaningPlan plan = CleaningPlan.For(found, process => process == Alive.ProcessId);

        Assert.Equal([5], plan.Servers);
        Assert.Equal([Dead.Namespace("n1")], plan.Namespaces);
        Assert.Equal([Dead.Bridge, Dead.Link(1)], plan.Links);
        Assert.Equal([Dead.Group("n2")], plan.Groups);
        Assert.Equal(["/dev/loop0"], plan.Loops);
        Assert.Equal([$"/out/kill-one/{Dead}/n1"], plan.Unmounts);
        Assert.Equal(7, plan.Count);
    }

    [Fact]
    public void Nothing_is_taken_away_while_its_run_lives() =>
        Assert.Equal(0, CleaningPlan.For(new Inventory([Dead.Namespace("n1")], [Dead.Bridge], [], [], [], [(5, Dead)]), _ => true).Count);
}
