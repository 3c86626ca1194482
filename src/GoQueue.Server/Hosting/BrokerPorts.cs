using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata.Topics;

namespace GoQueue.Server.Hosting;

/// <summary>
/// The broker as the endpoints see it. Listeners open before the broker has recovered, so that health can be asked; until
/// <see cref="Open"/> the pipelines refuse every other request, and after it everything goes straight through.
/// </summary>
internal sealed class BrokerPorts : ITopicRequests, IPartitionRequests, IProducerRequests
{
    private volatile RunningBroker? broker;

    public bool IsOpen => broker is not null;

    private RunningBroker Broker
    {
        get
        {
            RunningBroker? running = broker;
            Invariant.Check(running is not null, "no request reaches the broker before it has recovered");
            return running;
        }
    }

    public void Open(RunningBroker running)
    {
        Invariant.Check(broker is null, "the broker is opened once");
        broker = running;
    }

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

    public ValueTask<PublishReceipt> PublishAsync(PublishRequest request) => Broker.Partitions.PublishAsync(request);

    public ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken) =>
        Broker.Partitions.FetchAsync(request, cancellationToken);

    public Result<PartitionOffsets> Offsets(TopicPartition partition) => Broker.Partitions.Offsets(partition);

    public ValueTask<Result<Offset>> OffsetForTimeAsync(TopicPartition partition, UnixMillis time, CancellationToken cancellationToken) =>
        Broker.Partitions.OffsetForTimeAsync(partition, time, cancellationToken);

    public ValueTask<Result<ProducerIdentity>> InitProducerAsync(CancellationToken cancellationToken) =>
        Broker.Producers.InitProducerAsync(cancellationToken);
}
