using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Topics;

namespace GoQueue.Consensus.Tests.Contract;

internal static class MetadataCommands
{
    private static readonly NodeId Node = new("node-1");

    public static TopicId Id(int number) => new(new Guid(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));

    public static CreateTopicCommand Create(int number, string? name = null, int partitions = 1) =>
        new(Id(number), name ?? $"topic-{number}", TopicSettings.Default, PartitionLayout.Equal(partitions, Node), new UnixMillis(1000));

    /// <summary>Proposes and expects an outcome, which may be a refusal.</summary>
    public static async Task<MetadataOutcome> DecideAsync(this IMetadataLog log, MetadataCommand command)
    {
        Result<MetadataOutcome> result = await log.ProposeAsync(command, CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.True(result.IsOk, result.Error.ToString());
        return result.Value;
    }

    /// <summary>Proposes and expects that the command took effect.</summary>
    public static async Task<T> DecideAsync<T>(this IMetadataLog log, MetadataCommand command)
        where T : MetadataOutcome => Assert.IsType<T>(await log.DecideAsync(command));

    /// <summary>Proposes and expects no outcome; answers why.</summary>
    public static async Task<ErrorCode> RefusedAsync(this IMetadataLog log, MetadataCommand command) =>
        (await log.ProposeAsync(command, CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromMinutes(1))).Error.Code;
}
