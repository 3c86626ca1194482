using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;

namespace GoQueue.Broker.Controller;

/// <summary>Proposing, with a refusal as an error.</summary>
internal static class Proposing
{
    public static async ValueTask<Result<MetadataOutcome>> DecideAsync(this IMetadataLog metadata, MetadataCommand command, CancellationToken cancellationToken)
    {
        Result<MetadataOutcome> result = await metadata.ProposeAsync(command, cancellationToken);
        return result.IsOk && result.Value.Error is { } refusal ? refusal : result;
    }
}
