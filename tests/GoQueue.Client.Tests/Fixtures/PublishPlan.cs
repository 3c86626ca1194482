using GoQueue.Core;

namespace GoQueue.Client.Tests.Fixtures;

/// <summary>What the server does with one batch of a publish stream.</summary>
internal enum PublishStep
{
    Store,

    /// <summary>Stores the batch and cuts the connection instead of answering.</summary>
    StoreAndCut,

    /// <summary>Cuts the connection without storing.</summary>
    Cut,

    /// <summary>Never answers; the following batches are taken as usual.</summary>
    Ignore,

    /// <summary>Refuses with <see cref="PublishPlan.Code"/>.</summary>
    Refuse,

    /// <summary>Stores the batch and answers <see cref="PublishPlan.Code"/>.</summary>
    StoreAndRefuse,
}

internal readonly record struct PublishPlan(PublishStep Step, ErrorCode Code = ErrorCode.None)
{
    public static readonly PublishPlan Store = new(PublishStep.Store);

    public static PublishPlan Refuse(ErrorCode code) => new(PublishStep.Refuse, code);
}
