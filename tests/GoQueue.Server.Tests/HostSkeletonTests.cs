using System.Net;
using System.Net.Http.Json;
using GoQueue.Server.Tests.Fixtures;

namespace GoQueue.Server.Tests;

public sealed class HostSkeletonTests
{
    [Fact]
    public async Task A_message_goes_in_and_comes_out()
    {
        await using TestNode node = await TestNode.StartAsync();
        HttpResponseMessage created = await node.Http.PostAsJsonAsync("/v1/topics", new { name = "t", partitions = 1 });
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        HttpResponseMessage published = await node.Http.PostAsJsonAsync("/v1/topics/t/publish", new { key = "k", value = "hello" });
        Assert.Equal(HttpStatusCode.OK, published.StatusCode);
        string read = await node.Http.GetStringAsync(new Uri("/v1/topics/t/partitions/0/messages", UriKind.Relative));
        Assert.Contains("\"key\":\"k\",\"value\":\"hello\"", read, StringComparison.Ordinal);
    }
}
