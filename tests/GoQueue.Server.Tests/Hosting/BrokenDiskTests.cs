using System.Net;
using System.Text.Json;
using GoQueue.Server.Tests.Fixtures;
using GoQueue.Storage.Directories;

namespace GoQueue.Server.Tests.Hosting;

/// <summary>A whole node on a disk that breaks at a chosen operation; the judge <c>disk</c> shows the same on real file systems.</summary>
public sealed class BrokenDiskTests
{
    [Fact]
    public async Task A_flush_that_fails_stops_the_partition_which_says_so_and_a_restart_recovers_it()
    {
        VirtualDisk disk = new();
        await using (TestNode node = await TestNode.StartAsync(directory: disk.Root))
        {
            node.ExpectsFailures = true;
            await node.CreateTopicAsync("broken");
            await node.CreateTopicAsync("sound");
            Assert.Equal(0, await node.PublishAsync("broken", """{"value":"kept"}"""));
            disk.FailFlush = disk.Flushes + 1;
            RestAnswer unknown = await node.SendAsync("POST", "/v1/topics/broken/publish", """{"value":"perhaps"}""");
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "OUTCOME_UNKNOWN"), (unknown.Status, unknown.Code));
            foreach ((string method, string path, string? body) in ((string, string, string?)[])
                [("POST", "/v1/topics/broken/publish", """{"value":"refused"}"""), ("GET", "/v1/topics/broken/partitions/0/messages", null)])
            {
                RestAnswer stopped = await node.SendAsync(method, path, body);
                Assert.Equal((HttpStatusCode.InternalServerError, "STORAGE_FAILURE"), (stopped.Status, stopped.Code));
                Assert.Contains("restart", stopped.Detail, StringComparison.Ordinal);
            }

            Assert.Equal(0, await node.PublishAsync("sound", """{"value":"goes on"}"""));
            Assert.Equal(HttpStatusCode.OK, (await node.SendAsync("GET", "/health")).Status);
        }

        disk.Crash(CrashMode.DropUnflushed);
        await using TestNode again = await TestNode.StartAsync(directory: disk.Root);
        JsonElement read = await again.ReadAsync("broken");
        Assert.Equal("kept", read.GetProperty("messages")[0].GetProperty("value").GetString());
        Assert.Equal(read.GetProperty("messages").GetArrayLength(), await again.PublishAsync("broken", """{"value":"after"}"""));
        Assert.Equal("goes on", (await again.ReadAsync("sound")).GetProperty("messages")[0].GetProperty("value").GetString());
    }
}
