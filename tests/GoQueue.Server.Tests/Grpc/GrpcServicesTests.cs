using GoQueue.Contracts.Health;
using GoQueue.Contracts.Reflection.V1;
using GoQueue.Contracts.V1;
using GoQueue.Server.Grpc.Protocol;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using static GoQueue.Contracts.Health.HealthCheckResponse.Types;

namespace GoQueue.Server.Tests.Grpc;

/// <summary>Topic administration, health and reflection.</summary>
public sealed class GrpcServicesTests
{
    [Fact]
    public async Task Topics_are_made_changed_listed_and_deleted()
    {
        await using GrpcHost host = await GrpcHost.StartAsync();
        TopicSettings settings = new()
        {
            RetentionMs = 5000,
            RetentionBytes = -1,
            SegmentBytes = 2 << 20,
            SegmentMs = 60_000,
            CleanupPolicy = CleanupPolicy.Compact,
            MaxMessageBytes = 1 << 20,
            FlushMode = FlushMode.Interval,
            FlushIntervalMs = 50,
            ReplicationFactor = 1,
            MinInSyncReplicas = 1,
            UncleanLeaderElection = true,
        };
        Topic made = (await host.Client.UnaryAsync<CreateTopicResponse>("CreateTopic", new CreateTopicRequest { Name = "b", Partitions = 2, Settings = settings })).Topic;
        Assert.Equal(settings, made.Settings);
        Assert.Equal((0u, uint.MaxValue), (made.Partitions[0].FirstHash, made.Partitions[1].LastHash));
        await host.Client.UnaryAsync<CreateTopicResponse>("CreateTopic", new CreateTopicRequest { Name = "a" });
        Topic changed = (await host.Client.UnaryAsync<AlterTopicResponse>(
            "AlterTopic", new AlterTopicRequest { Name = "b", Settings = new TopicSettings { RetentionMs = 9000 }, ExpectedVersion = made.Version })).Topic;
        settings.RetentionMs = 9000;
        Assert.Equal(settings, changed.Settings);
        GrpcAnswer stale = await host.Client.CallAsync(
            GrpcWireClient.Service + "AlterTopic", new AlterTopicRequest { Name = "b", Settings = new TopicSettings(), ExpectedVersion = made.Version });
        Assert.Equal((GrpcStatusCode.FailedPrecondition, "PRECONDITION_FAILED"), (stale.Status, stale.ErrorName));
        ListTopicsResponse list = await host.Client.UnaryAsync<ListTopicsResponse>("ListTopics", new ListTopicsRequest());
        Assert.Equal([("a", 3), ("b", 2)], list.Topics.Select(topic => (topic.Name, topic.Partitions.Count)));
        await host.Client.UnaryAsync<DeleteTopicResponse>("DeleteTopic", new DeleteTopicRequest { Name = "a" });
        Assert.Equal(changed, (await host.Client.UnaryAsync<GetTopicResponse>("GetTopic", new GetTopicRequest { Name = "b" })).Topic);
        GrpcAnswer wrong = await host.Client.CallAsync(
            GrpcWireClient.Service + "CreateTopic", new CreateTopicRequest { Name = "c", Settings = new TopicSettings { FlushMode = (FlushMode)8 } });
        Assert.Equal((GrpcStatusCode.InvalidArgument, "INVALID_CONFIGURATION"), (wrong.Status, wrong.ErrorName));
    }

    [Fact]
    public async Task Producers_get_identities_of_their_own()
    {
        await using GrpcHost host = await GrpcHost.StartAsync();
        InitProducerResponse one = await host.Client.UnaryAsync<InitProducerResponse>("InitProducer", new InitProducerRequest());
        InitProducerResponse two = await host.Client.UnaryAsync<InitProducerResponse>("InitProducer", new InitProducerRequest());
        Assert.NotEqual(one.ProducerId, two.ProducerId);
    }

    [Fact]
    public async Task Health_follows_the_node_and_its_watchers_hear_of_it()
    {
        await using GrpcHost host = await GrpcHost.StartAsync(isServing: false);
        await using GrpcDuplex watch = await host.Client.OpenAsync("/grpc.health.v1.Health/Watch");
        await watch.WriteAsync(new HealthCheckRequest { Service = "goqueue.v1.GoQueue" });
        watch.CompleteWriting();
        Assert.Equal(ServingStatus.NotServing, (await watch.ReadAsync<HealthCheckResponse>())!.Status);
        Assert.Equal(ServingStatus.NotServing, await CheckAsync(host, ""));
        host.Serving.Report(true);
        Assert.Equal(ServingStatus.Serving, (await watch.ReadAsync<HealthCheckResponse>())!.Status);
        Assert.Equal(ServingStatus.Serving, await CheckAsync(host, ""));
        host.Serving.Report(false);
        Assert.Equal(ServingStatus.NotServing, (await watch.ReadAsync<HealthCheckResponse>())!.Status);
        GrpcAnswer unknown = await host.Client.CallAsync("/grpc.health.v1.Health/Check", new HealthCheckRequest { Service = "other" });
        Assert.Equal(GrpcStatusCode.NotFound, unknown.Status);
    }

    [Theory]
    [InlineData("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")]
    [InlineData("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")]
    public async Task Reflection_gives_files_that_build_the_services_again(string path)
    {
        await using GrpcHost host = await GrpcHost.StartAsync();
        await using GrpcDuplex call = await host.Client.OpenAsync(path);
        await call.WriteAsync(new ServerReflectionRequest { ListServices = "" });
        ServerReflectionResponse? list = await call.ReadAsync<ServerReflectionResponse>();
        Assert.Contains("goqueue.v1.GoQueue", list!.ListServicesResponse.Service.Select(service => service.Name));
        foreach (string service in list.ListServicesResponse.Service.Select(service => service.Name))
        {
            await call.WriteAsync(new ServerReflectionRequest { FileContainingSymbol = service });
            ServerReflectionResponse? files = await call.ReadAsync<ServerReflectionResponse>();
            IEnumerable<ByteString> inOrder = files!.FileDescriptorResponse.FileDescriptorProto.Reverse(); // what a file imports comes after it
            Assert.Contains(FileDescriptor.BuildFromByteStrings(inOrder).SelectMany(file => file.Services), built => built.FullName == service);
        }

        foreach (string symbol in (string[])["goqueue.v1.Message", "goqueue.v1.GoQueue.Fetch", "goqueue.v1.Acks", "google.rpc.ErrorInfo"])
        {
            await call.WriteAsync(new ServerReflectionRequest { FileContainingSymbol = symbol });
            Assert.NotNull((await call.ReadAsync<ServerReflectionResponse>())!.FileDescriptorResponse);
        }

        await call.WriteAsync(new ServerReflectionRequest { FileByFilename = "google/protobuf/any.proto" });
        Assert.Single((await call.ReadAsync<ServerReflectionResponse>())!.FileDescriptorResponse.FileDescriptorProto);
        await call.WriteAsync(new ServerReflectionRequest { FileContainingSymbol = "no.Such" });
        Assert.Equal((int)GrpcStatusCode.NotFound, (await call.ReadAsync<ServerReflectionResponse>())!.ErrorResponse.ErrorCode);
        await call.WriteAsync(new ServerReflectionRequest());
        Assert.Equal((int)GrpcStatusCode.InvalidArgument, (await call.ReadAsync<ServerReflectionResponse>())!.ErrorResponse.ErrorCode);
        call.CompleteWriting();
        Assert.Equal(GrpcStatusCode.Ok, (await call.EndAsync()).Status);
    }

    private static async Task<ServingStatus> CheckAsync(GrpcHost host, string service)
    {
        GrpcAnswer answer = await host.Client.CallAsync("/grpc.health.v1.Health/Check", new HealthCheckRequest { Service = service });
        return HealthCheckResponse.Parser.ParseFrom(Assert.Single(answer.Messages)).Status;
    }
}
