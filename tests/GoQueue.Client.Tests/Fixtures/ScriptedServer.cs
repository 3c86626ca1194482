using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using GoQueue.Contracts.V1;
using GoQueue.Core;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using ErrorCode = GoQueue.Core.ErrorCode;

namespace GoQueue.Client.Tests.Fixtures;

/// <summary>
/// A broker in memory that speaks the client protocol over real HTTP/2 and misbehaves as a test says. Framing and fields are read by the
/// generated classes, so that a mistake in the client's own encoding shows.
/// </summary>
internal sealed partial class ScriptedServer : IAsyncDisposable
{
    private ConcurrentDictionary<string, (Topic Topic, ScriptedPartition[] Partitions)> topics => Metadata.Topics;
    private WebApplication? app;
    private long nextProducer = 1000;
    private int publishes;
    private int subscriptions;

    /// <summary>Asked for every batch: its number over all streams, from 0, and the request.</summary>
    public Func<int, PublishStreamRequest, PublishPlan> OnPublish { get; set; } = (_, _) => PublishPlan.Store;

    /// <summary>What was subscribed to at this node while it led.</summary>
    public ConcurrentQueue<SubscribeRequest> SubscribeRequests { get; } = new();

    /// <summary>Waited for before a batch is looked at.</summary>
    public Func<Task> BeforePublish { get; set; } = () => Task.CompletedTask;

    /// <summary>Asked after every subscribe response: number of the subscription and of its response; true cuts the connection.</summary>
    public Func<int, int, bool> CutSubscription { get; set; } = (_, _) => false;

    /// <summary>Asked for every unary call by method; a code refuses it.</summary>
    public Func<string, ErrorCode> OnCall { get; set; } = _ => ErrorCode.None;

    /// <summary>What a unary fetch answers.</summary>
    public Func<FetchRequest, FetchResponse> OnFetch { get; set; } = _ => new FetchResponse();

    public ConcurrentQueue<string> Calls { get; } = new();

    public int Publishes => Volatile.Read(ref publishes);

    public int Subscriptions => Volatile.Read(ref subscriptions);

    public int OpenStreams => Volatile.Read(ref openStreams);

    /// <summary>Publish streams that the client ended, rather than reset.</summary>
    public int OrderlyEnds => Volatile.Read(ref orderlyEnds);

    private int openStreams;
    private int orderlyEnds;

    public string Address { get; private set; } = "";

    public ScriptedMetadata Metadata { get; private init; } = new();

    /// <summary>Its id in the cluster.</summary>
    public string Node { get; private init; } = "n1";

    /// <summary>Whether a refusal for not being the leader says who is.</summary>
    public bool NamesLeaders { get; set; } = true;

    public static async Task<ScriptedServer> StartAsync(int port = 0, string node = "n1", ScriptedMetadata? cluster = null)
    {
        ScriptedServer server = new() { Node = node, Metadata = cluster ?? new ScriptedMetadata() };
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
            });
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.Http2.InitialStreamWindowSize = 4 << 20;
            kestrel.Limits.Http2.InitialConnectionWindowSize = 8 << 20;
        });
        builder.Services.AddRoutingCore();
        server.app = builder.Build();
        server.app.Run(server.HandleAsync);
        await server.app.StartAsync();
        string bound = server.app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
        server.Address = bound.Replace("http://", "", StringComparison.Ordinal);
        if (cluster is not null)
        {
            cluster.Nodes[node] = server.Address;
        }

        return server;
    }

    public ScriptedPartition[] AddTopic(string name, int partitions = 1, int maxMessageBytes = 1 << 20, bool reversedRanges = false)
    {
        Topic topic = new()
        {
            Name = name,
            Id = Guid.NewGuid().ToString("N"),
            Version = 1,
            Settings = new TopicSettings { MaxMessageBytes = maxMessageBytes, RetentionMs = 1000 },
        };
        for (int i = 0; i < partitions; i++)
        {
            HashRange range = HashRange.Equal(reversedRanges ? partitions - 1 - i : i, partitions);
            topic.Partitions.Add(new Partition { Index = i, FirstHash = range.First, LastHash = range.Last, Leader = "n1", LeaderEpoch = 1 });
        }

        ScriptedPartition[] stored = [.. Enumerable.Range(0, partitions).Select(_ => new ScriptedPartition())];
        topics[name] = (topic, stored);
        Metadata.Raise();
        return stored;
    }

    public void RemoveTopic(string name)
    {
        topics.TryRemove(name, out _);
        Metadata.Raise();
    }

    public async Task StopAsync()
    {
        if (app is not null)
        {
            using CancellationTokenSource now = new();
            await now.CancelAsync();
            await app.StopAsync(now.Token);
            await app.DisposeAsync();
            app = null;
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task HandleAsync(HttpContext context)
    {
        string method = context.Request.Path.Value!.Split('/')[^1];
        Calls.Enqueue(method);
        context.Response.ContentType = "application/grpc";
        switch (method)
        {
            case "PublishStream":
                await PublishStreamAsync(context);
                break;
            case "Subscribe":
                await SubscribeAsync(context);
                break;
            default:
                await UnaryAsync(context, method);
                break;
        }
    }

    private async Task UnaryAsync(HttpContext context, string method)
    {
        byte[] request = (await ReadFrameAsync(context.Request.Body, context.RequestAborted))!;
        ErrorCode refused = OnCall(method);
        if (refused != ErrorCode.None)
        {
            Fail(context, refused, $"scripted refusal of {method}");
            return;
        }

        if (method == "GetMetadata")
        {
            await WriteFrameAsync(context.Response.Body, await Metadata.AnswerAsync(GetMetadataRequest.Parser.ParseFrom(request), Node, context.RequestAborted));
            context.Response.AppendTrailer("grpc-status", "0");
            return;
        }

        IMessage? answer = Answer(method, request, out ErrorCode code);
        if (answer is null)
        {
            Fail(context, code, $"scripted server: {method}");
            return;
        }

        await WriteFrameAsync(context.Response.Body, answer);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    private IMessage? Answer(string method, byte[] request, out ErrorCode code)
    {
        code = ErrorCode.None;
        switch (method)
        {
            case "GetTopic":
                code = ErrorCode.UnknownTopic;
                return topics.TryGetValue(GetTopicRequest.Parser.ParseFrom(request).Name, out var found) ? new GetTopicResponse { Topic = found.Topic } : null;
            case "InitProducer":
                return new InitProducerResponse { ProducerId = Interlocked.Increment(ref nextProducer), ProducerEpoch = 0 };
            case "GetOffsets":
                GetOffsetsRequest asked = GetOffsetsRequest.Parser.ParseFrom(request);
                if (Find(asked.Topic, asked.Partition, out code) is not { } partition)
                {
                    return null;
                }

                GetOffsetsResponse offsets = new() { LogStartOffset = partition.Start.Value, HighWatermark = partition.End.Value };
                if (asked.HasTimeMs && partition.OffsetForTime(asked.TimeMs) is { } at)
                {
                    offsets.OffsetForTime = at;
                }

                return offsets;
            case "CreateTopic":
                CreateTopicRequest create = CreateTopicRequest.Parser.ParseFrom(request);
                AddTopic(create.Name, create.Partitions == 0 ? 3 : create.Partitions);
                topics[create.Name].Topic.Settings.MergeFrom(create.Settings);
                return new CreateTopicResponse { Topic = topics[create.Name].Topic };
            case "ListTopics":
                ListTopicsResponse list = new();
                list.Topics.AddRange(topics.Values.Select(topic => topic.Topic).OrderBy(topic => topic.Name, StringComparer.Ordinal));
                return list;
            case "Fetch":
                return OnFetch(FetchRequest.Parser.ParseFrom(request));
            case "DeleteTopic":
                RemoveTopic(DeleteTopicRequest.Parser.ParseFrom(request).Name);
                return new DeleteTopicResponse();
            case "AlterTopic":
                AlterTopicRequest alter = AlterTopicRequest.Parser.ParseFrom(request);
                code = alter.HasExpectedVersion && alter.ExpectedVersion != topics[alter.Name].Topic.Version ? ErrorCode.PreconditionFailed : ErrorCode.None;
                topics[alter.Name].Topic.Settings.MergeFrom(alter.Settings);
                return code == ErrorCode.None ? new AlterTopicResponse { Topic = topics[alter.Name].Topic } : null;
            default:
                throw new InvalidOperationException($"the scripted server has no {method}");
        }
    }

    private ScriptedPartition? Find(string topic, int index, out ErrorCode code)
    {
        if (!topics.TryGetValue(topic, out var found))
        {
            code = ErrorCode.UnknownTopic;
            return null;
        }

        code = ErrorCode.UnknownPartition;
        return index < found.Partitions.Length ? found.Partitions[index] : null;
    }

    /// <summary>The leader, when that is another node; null when it is this one, or the server stands alone.</summary>
    private Partition? LedElsewhere(string topic, int index) =>
        !Metadata.Nodes.IsEmpty && topics.TryGetValue(topic, out var found) && index < found.Partitions.Length && found.Topic.Partitions[index].Leader != Node
            ? found.Topic.Partitions[index]
            : null;

    private static void Cut(HttpContext context) => context.Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort();

    private static void Fail(HttpContext context, ErrorCode code, string message)
    {
        context.Response.Headers["grpc-status"] = "9";
        context.Response.Headers["grpc-message"] = Uri.EscapeDataString(message);
        context.Response.Headers["goqueue-error"] = ErrorCodes.Name(code);
    }

    private static async Task<byte[]?> ReadFrameAsync(Stream body, CancellationToken cancellationToken)
    {
        byte[] prefix = new byte[5];
        int read = await body.ReadAtLeastAsync(prefix, 5, throwOnEndOfStream: false, cancellationToken);
        if (read == 0)
        {
            return null;
        }

        Assert.Equal(5, read);
        Assert.Equal(0, prefix[0]);
        byte[] message = new byte[BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1))];
        await body.ReadExactlyAsync(message, cancellationToken);
        return message;
    }

    private static async Task WriteFrameAsync(Stream body, IMessage message)
    {
        byte[] bytes = new byte[5 + message.CalculateSize()];
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(1), (uint)(bytes.Length - 5));
        message.WriteTo(bytes.AsSpan(5));
        await body.WriteAsync(bytes);
    }
}
