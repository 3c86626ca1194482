using GoQueue.Server.Configuration;
using GoQueue.Server.Hosting;

namespace GoQueue.Server.Tests;

public sealed class HostSkeletonTests
{
    [Fact]
    public async Task Listeners_take_free_ports_and_answer()
    {
        ServerOptions options = new() { Listeners = new ListenerOptions { HttpPort = 0, GrpcPort = 0, MetricsPort = 0 } };
        RunningBroker none = new(null!, null!, null!, _ => Task.CompletedTask);
        await using ServerHost host = ServerHost.Build(options, (_, _) => Task.FromResult(none));
        await host.StartAsync(default);
        using HttpClient client = new();
        Assert.Equal("goqueue", await client.GetStringAsync(new Uri($"http://{host.Addresses.Http}/")));
        await host.StopAsync(default);
    }
}
