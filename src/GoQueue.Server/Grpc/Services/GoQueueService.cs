using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata.Topics;
using GoQueue.Server.Forwarding;
using GoQueue.Server.Grpc.Protocol;
using V1 = GoQueue.Contracts.V1;

namespace GoQueue.Server.Grpc.Services;

/// <summary>The broker's own service: translates between <c>goqueue.v1</c> and the broker's ports. Publishing and reading are in their own classes.</summary>
internal sealed class GoQueueService(ITopicRequests topics, IPartitionRoutes partitions, IProducerRequests producers) : IGrpcService
{
    public const string Name = "goqueue.v1.GoQueue";

    public IEnumerable<GrpcMethod> Methods =>
    [
        GrpcMethod.Unary($"/{Name}/CreateTopic", V1.CreateTopicRequest.Parser, CreateTopicAsync),
        GrpcMethod.Unary($"/{Name}/GetTopic", V1.GetTopicRequest.Parser, GetTopic),
        GrpcMethod.Unary($"/{Name}/ListTopics", V1.ListTopicsRequest.Parser, ListTopics),
        GrpcMethod.Unary($"/{Name}/AlterTopic", V1.AlterTopicRequest.Parser, AlterTopicAsync),
        GrpcMethod.Unary($"/{Name}/DeleteTopic", V1.DeleteTopicRequest.Parser, DeleteTopicAsync),
        GrpcMethod.Unary($"/{Name}/AddPartitions", V1.AddPartitionsRequest.Parser, AddPartitionsAsync),
        GrpcMethod.Unary($"/{Name}/InitProducer", V1.InitProducerRequest.Parser, InitProducerAsync),
        GrpcMethod.Unary($"/{Name}/GetOffsets", V1.GetOffsetsRequest.Parser, GetOffsetsAsync),
    ];

    private async ValueTask<GrpcReply<V1.CreateTopicResponse>> CreateTopicAsync(V1.CreateTopicRequest request, CancellationToken cancellationToken)
    {
        if (!TopicMapping.ToPatch(request.Settings).TryGet(out TopicSettingsPatch? settings, out Error error))
        {
            return error;
        }

        CreateTopic create = new(request.Name, request.Partitions == 0 ? null : request.Partitions, settings);
        Result<TopicImage> created = await topics.CreateAsync(create, cancellationToken);
        return created.TryGet(out TopicImage? topic, out error) ? new V1.CreateTopicResponse { Topic = TopicMapping.ToWire(topic) } : error;
    }

    private ValueTask<GrpcReply<V1.GetTopicResponse>> GetTopic(V1.GetTopicRequest request, CancellationToken cancellationToken) => new(
        topics.Describe(request.Name).TryGet(out TopicImage? topic, out Error error)
            ? new V1.GetTopicResponse { Topic = TopicMapping.ToWire(topic) }
            : error);

    private ValueTask<GrpcReply<V1.ListTopicsResponse>> ListTopics(V1.ListTopicsRequest request, CancellationToken cancellationToken)
    {
        V1.ListTopicsResponse response = new();
        response.Topics.AddRange(topics.List().Select(TopicMapping.ToWire));
        return new(response);
    }

    private async ValueTask<GrpcReply<V1.AlterTopicResponse>> AlterTopicAsync(V1.AlterTopicRequest request, CancellationToken cancellationToken)
    {
        if (!TopicMapping.ToPatch(request.Settings).TryGet(out TopicSettingsPatch? settings, out Error error))
        {
            return error;
        }

        long? expectedVersion = request.HasExpectedVersion ? request.ExpectedVersion : null;
        Result<TopicImage> altered = await topics.AlterAsync(request.Name, settings, expectedVersion, cancellationToken);
        return altered.TryGet(out TopicImage? topic, out error) ? new V1.AlterTopicResponse { Topic = TopicMapping.ToWire(topic) } : error;
    }

    private async ValueTask<GrpcReply<V1.DeleteTopicResponse>> DeleteTopicAsync(V1.DeleteTopicRequest request, CancellationToken cancellationToken)
    {
        Result<TopicImage> deleted = await topics.DeleteAsync(request.Name, cancellationToken);
        return deleted.IsOk ? new V1.DeleteTopicResponse() : deleted.Error;
    }

    private async ValueTask<GrpcReply<V1.AddPartitionsResponse>> AddPartitionsAsync(V1.AddPartitionsRequest request, CancellationToken cancellationToken)
    {
        long? expectedVersion = request.HasExpectedVersion ? request.ExpectedVersion : null;
        Result<TopicImage> altered = await topics.AddPartitionsAsync(request.Name, request.Total, expectedVersion, cancellationToken);
        return altered.TryGet(out TopicImage? topic, out Error error) ? new V1.AddPartitionsResponse { Topic = TopicMapping.ToWire(topic) } : error;
    }

    private async ValueTask<GrpcReply<V1.InitProducerResponse>> InitProducerAsync(V1.InitProducerRequest request, CancellationToken cancellationToken)
    {
        Result<ProducerIdentity> made = await producers.InitProducerAsync(cancellationToken);
        return made.TryGet(out ProducerIdentity producer, out Error error)
            ? new V1.InitProducerResponse { ProducerId = producer.Id.Value, ProducerEpoch = producer.Epoch }
            : error;
    }

    private async ValueTask<GrpcReply<V1.GetOffsetsResponse>> GetOffsetsAsync(V1.GetOffsetsRequest request, CancellationToken cancellationToken)
    {
        if (!PartitionLookup.Find(topics, request.Topic, request.Partition).TryGet(out PartitionTarget target, out Error error))
        {
            return error;
        }

        if (!(await partitions.OffsetsAsync(target.Partition, cancellationToken)).TryGet(out PartitionOffsets offsets, out error))
        {
            return GrpcStatus.Of(error, partitions, target.Partition);
        }

        V1.GetOffsetsResponse response = new() { LogStartOffset = offsets.LogStart.Value, HighWatermark = offsets.HighWatermark.Value };
        if (request.HasTimeMs)
        {
            Result<Offset> found = await partitions.OffsetForTimeAsync(target.Partition, new UnixMillis(request.TimeMs), cancellationToken);
            if (!found.TryGet(out Offset offset, out error))
            {
                return GrpcStatus.Of(error, partitions, target.Partition);
            }

            if (!offset.IsNone)
            {
                response.OffsetForTime = offset.Value;
            }
        }

        return response;
    }
}
