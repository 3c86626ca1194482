using System.Text;
using GoQueue.Broker.Requests;
using GoQueue.Contracts.V1;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Metadata.Topics;
using GoQueue.Server.Grpc;
using GoQueue.Server.Grpc.Protocol;
using FetchRequest = GoQueue.Contracts.V1.FetchRequest;

namespace GoQueue.Server.Tests.Grpc;

/// <content>A host with a partition, batches of every kind, and reading.</content>
public sealed partial class GrpcReadTests
{
    private static async Task<GrpcHost> StartAsync(params byte[][] batches)
    {
        GrpcHost host = await GrpcPublishTests.StartAsync(partitions: 1);
        foreach (byte[] batch in batches)
        {
            await AppendAsync(host, batch);
        }

        return host;
    }

    private static TopicPartition Partition(GrpcHost host) => new(host.Broker.Describe("t").Value.Id, new PartitionIndex(0));

    private static async Task AppendAsync(GrpcHost host, byte[] batch)
    {
        PublishReceipt receipt = await host.Broker.PublishAsync(new Broker.Requests.PublishRequest(Partition(host), SharedBuffer.CopyOf(batch), Broker.Requests.Acks.All));
        Assert.True(receipt.IsOk, receipt.Error.ToString());
    }

    private static Task AppendUncheckedAsync(GrpcHost host, byte[] batch)
    {
        host.Broker.AppendState(Partition(host), batch);
        return Task.CompletedTask;
    }

    private static async Task<GrpcDuplex> OpenAsync(GrpcHost host, SubscribeRequest request)
    {
        GrpcDuplex call = await host.Client.OpenAsync(Subscribe);
        await call.WriteAsync(request);
        call.CompleteWriting();
        return call;
    }

    private static async Task<List<string>> SubscribeAsync(GrpcHost host, SubscribeRequest request)
    {
        await using GrpcDuplex call = await OpenAsync(host, request);
        List<string> values = [];
        while (await call.ReadAsync<SubscribeResponse>() is { } response)
        {
            values.AddRange(response.Messages.Select(message => message.Value.ToStringUtf8()));
        }

        Assert.Equal(GrpcStatusCode.Ok, (await call.EndAsync()).Status);
        return values;
    }

    private static byte[] Batch(params string[] values) => GrpcBytes.Batch(values).ToByteArray();

    private static byte[] Batch(CompressionCodec codec, params string[] values) => GrpcBytes.Batch(codec, values).ToByteArray();

    private static byte[] Control()
    {
        using RecordBatchBuilder builder = new();
        builder.Reset(isControl: true);
        Assert.True(builder.TryAppend(new UnixMillis(1), "key"u8, "state"u8, 1 << 20));
        using SharedBuffer batch = builder.Build();
        return batch.Span.ToArray();
    }

    private static byte[] WithTtl(string value, long timestamp, string ttl)
    {
        using RecordBatchBuilder builder = new();
        RecordHeader[] headers = [RecordHeader.OfText(RecordTtl.HeaderName, ttl)];
        Assert.True(builder.TryAppend(new UnixMillis(timestamp), [], true, Encoding.UTF8.GetBytes(value), false, headers, 1 << 20));
        using SharedBuffer batch = builder.Build();
        return batch.Span.ToArray();
    }

    private static byte[] WithHeader(string name)
    {
        using RecordBatchBuilder builder = new();
        Assert.True(builder.TryAppend(new UnixMillis(1), [], true, [], true, [RecordHeader.OfText(name, "v")], 1 << 20));
        using SharedBuffer batch = builder.Build();
        return batch.Span.ToArray();
    }
}
