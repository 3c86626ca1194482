using GoQueue.Core.Records;
using Microsoft.Extensions.ObjectPool;

namespace GoQueue.Server.Rest.Publishing;

/// <summary>What turning a request into a batch needs; pooled, used by one request at a time and never across an await.</summary>
internal sealed class PublishScratch : IDisposable
{
    public MessageParser Parser { get; } = new();

    public RecordBatchBuilder Builder { get; } = new();

    public void Dispose()
    {
        Parser.Dispose();
        Builder.Dispose();
    }

    /// <summary>A few more than cores: requests hold one only while they parse.</summary>
    public static ObjectPool<PublishScratch> CreatePool() => new DefaultObjectPool<PublishScratch>(new Policy(), Environment.ProcessorCount * 2);

    private sealed class Policy : PooledObjectPolicy<PublishScratch>
    {
        /// <summary>A builder that grew beyond this is not kept.</summary>
        private const int KeptBytes = 256 << 10;

        public override PublishScratch Create() => new();

        public override bool Return(PublishScratch obj)
        {
            bool keep = obj.Builder.EstimatedSize <= KeptBytes;
            obj.Parser.Clear();
            return keep;
        }
    }
}
