using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Topics;
using GoQueue.Server.Configuration;
using GoQueue.Server.Forwarding;
using GoQueue.Server.Grpc.Services;

namespace GoQueue.Server.Hosting;

/// <summary>
/// The broker as the endpoints see it. Listeners open before the broker has recovered, so that health can be asked; until
/// <see cref="Open"/> the pipelines refuse every other request, and after it everything goes straight through. Partitions are those wherever they
/// are led; <see cref="Here"/> has only this node's.
/// </summary>
internal sealed class BrokerPorts(ServerOptions options) : ITopicRequests, IPartitionRoutes, IProducerRequests, IMetadataView
{
    private volatile RunningBroker? broker;
    private volatile IPartitionRoutes? routes;

    public bool IsOpen => broker is not null;

    public IPartitionRequests Here => Broker.Partitions;

    /// <summary>Null until the broker has recovered.</summary>
    public RunningBroker? IfOpen => broker;

    /// <summary>The newest metadata applied here.</summary>
    public MetadataImage Image => Broker.Metadata.Image;

    private RunningBroker Broker
    {
        get
        {
            RunningBroker? running = broker;
            Invariant.Check(running is not null, "no request reaches the broker before it has recovered");
            return running;
        }
    }

    private IPartitionRoutes Routes
    {
        get
        {
            IPartitionRoutes? open = routes;
            Invariant.Check(open is not null, "no request reaches the broker before it has recovered");
            return open;
        }
    }

    public void Open(RunningBroker running)
    {
        Invariant.Check(broker is null, "the broker is opened once");
        routes = running.Routes ?? new HereOnly(running.Partitions);
        broker = running;
    }

    public NodeId Self => options.NodeId;

    public ValueTask<MetadataImage> WaitForChangeAsync(long seenVersion, CancellationToken cancellationToken) =>
        Broker.Metadata.WaitForChangeAsync(seenVersion, cancellationToken);

    public bool LeadsHere(TopicPartition partition) => Routes.LeadsHere(partition);

    public LeaderHint? LeaderOf(TopicPartition partition) => Routes.LeaderOf(partition);

    public ValueTask<Result<TopicImage>> CreateAsync(CreateTopic request, CancellationToken cancellationToken) =>
        Broker.Topics.CreateAsync(request, cancellationToken);

    public Result<TopicImage> Describe(string name) => Broker.Topics.Describe(name);

    public IReadOnlyList<TopicImage> List() => Broker.Topics.List();

    public ValueTask<Result<TopicImage>> AlterAsync(string name, TopicSettingsPatch patch, long? expectedVersion, CancellationToken cancellationToken) =>
        Broker.Topics.AlterAsync(name, patch, expectedVersion, cancellationToken);

    public ValueTask<Result<TopicImage>> AddPartitionsAsync(string name, int total, long? expectedVersion, CancellationToken cancellationToken) =>
        Broker.Topics.AddPartitionsAsync(name, total, expectedVersion, cancellationToken);

    public ValueTask<Result<TopicImage>> DeleteAsync(string name, CancellationToken cancellationToken) =>
        Broker.Topics.DeleteAsync(name, cancellationToken);

    public ValueTask<PublishReceipt> PublishAsync(PublishRequest request) => Routes.PublishAsync(request);

    public ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken) =>
        Routes.FetchAsync(request, cancellationToken);

    public ValueTask<Result<PartitionOffsets>> OffsetsAsync(TopicPartition partition, CancellationToken cancellationToken) =>
        Routes.OffsetsAsync(partition, cancellationToken);

    public ValueTask<Result<Offset>> LogStartAsync(TopicPartition partition, CancellationToken cancellationToken) =>
        Routes.LogStartAsync(partition, cancellationToken);

    public ValueTask<Result<Offset>> OffsetForTimeAsync(TopicPartition partition, UnixMillis time, CancellationToken cancellationToken) =>
        Routes.OffsetForTimeAsync(partition, time, cancellationToken);

    public ValueTask<Result<ProducerIdentity>> InitProducerAsync(CancellationToken cancellationToken) =>
        Broker.Producers.InitProducerAsync(cancellationToken);
}
