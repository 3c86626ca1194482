using GoQueue.Client.Tests.Fixtures;
using GoQueue.Testing;

namespace GoQueue.Client.Tests.Producing;

public sealed class DeliveryTests
{
    [Fact]
    public async Task A_sent_message_is_acknowledged_with_its_offset()
    {
        await using ClientFixture fixture = await ClientFixture.StartAsync(systemTime: true);
        ScriptedPartition[] stored = fixture.Server.AddTopic("t");
        GoQueueProducer producer = fixture.Producer();

        DeliveryReport first = await producer.SendAsync("t", ProducerMessage.OfText("k", "one"));
        DeliveryReport second = await producer.SendAsync("t", ProducerMessage.OfText("k", "two"));

        Assert.Equal((0, 1), (first.Offset, second.Offset));
        Assert.Equal("t", first.Topic);
        Assert.True(first.Flushed);
        Assert.Equal(1, first.Replicas);
        Assert.Equal(["one", "two"], stored[0].Values());
    }
}
