using GoQueue.Core;
using Xunit.Sdk;

namespace GoQueue.Replication.Tests.Randomised;

public sealed class ReplicationModelTests
{
    private const int Steps = 1500;

    [Fact]
    public void Invariants_a_to_d_hold_under_crashes_losses_and_failovers()
    {
        int acknowledged = 0;
        int truncations = 0;
        for (int seed = 0; seed < 120; seed++)
        {
            ReplicationModel model = new(seed);
            Replay(seed, model, () =>
            {
                model.Run(Steps);
                model.Heal();
            });
            acknowledged += model.Acknowledged;
            truncations += model.Truncations;
        }

        Assert.True(acknowledged > 2_000, $"the model does little: {acknowledged} acknowledged");
        Assert.True(truncations > 20, $"logs hardly diverge in the model: {truncations} truncations");
    }

    [Fact]
    public void L5_after_unclean_elections_the_replicas_agree_again_and_cuts_below_the_watermark_raise_alarms()
    {
        int elections = 0;
        int alarms = 0;
        for (int seed = 0; seed < 80; seed++)
        {
            ReplicationModel model = new(seed, isUnclean: true);
            Replay(seed, model, () =>
            {
                model.Run(Steps);
                model.Heal();
            });
            elections += model.UncleanElections;
            alarms += model.Alarms;
        }

        Assert.True(elections > 0 && alarms > 0, $"{elections} unclean elections, {alarms} alarms: the model does not reach them");
    }

    [Theory]
    [InlineData(DeliberateBugs.AckBeforeFlush, false)]
    [InlineData(DeliberateBugs.AckBeforeReplication, false)]
    [InlineData(DeliberateBugs.ServeAboveHighWatermark, false)]
    [InlineData(DeliberateBugs.TruncateToHighWatermark, false)]
    [InlineData(DeliberateBugs.CountStaleBrokerEpoch, false)]
    [InlineData(DeliberateBugs.TellOwnStart, false)]
    [InlineData(DeliberateBugs.OneRoundOfEpochTruncation, true)]
    public void A_planted_bug_is_found(DeliberateBugs bug, bool isUnclean)
    {
        for (int seed = 0; seed < 1000; seed++)
        {
            try
            {
                ReplicationModel model = new(seed, bug, isUnclean);
                model.Run(Steps);
                model.Heal();
            }
            catch (Exception found) when (found is XunitException or InvariantViolationException or ArgumentException)
            {
                return;
            }
        }

        Assert.Fail($"1000 seeds did not show {bug}");
    }

    private static void Replay(int seed, ReplicationModel model, Action run)
    {
        try
        {
            run();
        }
        catch (Exception failure) when (failure is XunitException or InvariantViolationException)
        {
            throw new XunitException($"seed {seed} ({model.Acknowledged} acknowledged): {failure.Message}", failure);
        }
    }
}
