using GoQueue.Client.Tests.Fixtures;
using GoQueue.Client.Transport;
using GoQueue.Contracts.V1;
using Google.Protobuf;
using ErrorCode = GoQueue.Core.ErrorCode;

namespace GoQueue.Client.Tests;

/// <summary>Unary answers are bounded, and the largest message that a topic can hold fits.</summary>
public sealed class AnswerSizeTests
{
    private const int LargestMessageBytes = 64 << 20; // TopicSettings.LargestMessageBytes of the broker

    [Fact]
    public async Task A_fetch_of_one_largest_message_passes_with_everything_around_it()
    {
        Message message = new() { Offset = long.MaxValue, TimestampMs = long.MaxValue, Partition = 9_999, Key = ByteString.CopyFrom(new byte[1 << 10]), Value = UnsafeByteOperations.UnsafeWrap(new byte[LargestMessageBytes]) };
        message.Headers.Add(Enumerable.Range(0, 1000).Select(number => new Header { Key = $"header-{number}", Value = ByteString.CopyFrom(new byte[100]) }));
        FetchResponse answer = new() { NextOffset = long.MaxValue, HighWatermark = long.MaxValue, LogStartOffset = long.MaxValue, LastEpoch = int.MaxValue };
        answer.Messages.Add(message);
        Assert.True(answer.CalculateSize() > LargestMessageBytes);

        FetchResponse got = await FetchAsync(answer);
        Assert.Equal((LargestMessageBytes, 1000), (got.Messages[0].Value.Length, got.Messages[0].Headers.Count));
    }

    [Fact]
    public async Task What_no_message_needs_is_refused_before_there_is_memory_for_it()
    {
        FetchResponse answer = new();
        answer.Messages.Add(new Message { Value = UnsafeByteOperations.UnsafeWrap(new byte[81 << 20]) });
        GoQueueException refused = await Assert.ThrowsAsync<GoQueueException>(() => FetchAsync(answer));
        Assert.Equal(ErrorCode.MessageTooLarge, refused.Code);
        Assert.Contains("are accepted", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<FetchResponse> FetchAsync(FetchResponse answer)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.OnFetch = _ => answer;
        using GrpcChannel channel = new(new GoQueueClientOptions { Address = server.Address, RequestTimeout = TimeSpan.FromMinutes(1) }, new Uri($"http://{server.Address}"));
        return await channel.CallAsync("Fetch", new FetchRequest { Topic = "orders" }, FetchResponse.Parser, CancellationToken.None);
    }
}
