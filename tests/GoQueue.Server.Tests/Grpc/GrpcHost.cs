using System.Net;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Server.Grpc;
using GoQueue.Server.Grpc.Protocol;
using GoQueue.Server.Grpc.Services;
using GoQueue.Server.Tests.Fakes;
using GoQueue.Server.Tests.Fixtures;
using GoQueue.Server.Tests.Forwarding;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GoQueue.Server.Tests.Grpc;

/// <summary>The gRPC layer alone on a free loopback port, over a broker in memory. The broker is chosen here and nowhere else.</summary>
internal sealed class GrpcHost : IAsyncDisposable
{
    private readonly WebApplication app;

    private readonly FailureLog log;

    private GrpcHost(WebApplication app, InMemoryBroker broker, Uri address, FailureLog log)
    {
        this.log = log;
        this.app = app;
        Broker = broker;
        Client = new GrpcWireClient(address);
        Address = address;
    }

    public InMemoryBroker Broker { get; }

    /// <summary>What the metadata calls show; it knows nothing of the broker's topics.</summary>
    public required ShownMetadata Metadata { get; init; }

    public GrpcWireClient Client { get; }

    public Uri Address { get; }

    /// <summary>What the layer and the web server logged as errors: nothing that a client does may be one.</summary>
    public IReadOnlyCollection<string> Failures => log.Failures;

    public NodeServing Serving => app.Services.GetRequiredService<NodeServing>();

    public CallWatchdog Watchdog => app.Services.GetRequiredService<CallWatchdog>();

    public static async Task<GrpcHost> StartAsync(GrpcLimits? limits = null, bool isServing = true)
    {
        limits ??= GrpcLimits.Default;
        InMemoryBroker broker = new();
        ShownMetadata metadata = new();
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            limits.ApplyTo(kestrel.Limits);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddRouting();
        FailureLog log = new();
        builder.Services.AddLogging(logging => logging.AddProvider(log));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<ITopicRequests>(broker);
        builder.Services.AddSingleton<IPartitionRequests>(broker);
        builder.Services.AddSingleton<IProducerRequests>(broker);
        builder.Services.AddSingleton<IMetadataView>(new ShownView(metadata));
        builder.Services.AddGoQueueGrpc(limits);
        WebApplication app = builder.Build();
        app.UseRouting();
        app.MapGoQueueGrpc();
        app.Services.GetRequiredService<NodeServing>().Report(isServing);
        await app.StartAsync();
        string address = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();
        return new GrpcHost(app, broker, new Uri(address), log) { Metadata = metadata };
    }

    public Task StopAsync() => app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
    }

    private sealed class ShownView(ShownMetadata metadata) : IMetadataView
    {
        public NodeId Self { get; } = new("n1");

        public MetadataImage Image => metadata.Image;

        public ValueTask<MetadataImage> WaitForChangeAsync(long seenVersion, CancellationToken cancellationToken) => metadata.WaitForChangeAsync(seenVersion, cancellationToken);
    }
}
