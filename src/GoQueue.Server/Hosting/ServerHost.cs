using System.Net;
using GoQueue.Broker.Requests;
using GoQueue.Server.Configuration;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace GoQueue.Server.Hosting;

/// <summary>
/// One node: its listeners, its endpoints and its broker. <see cref="StartAsync"/> opens the listeners first, so that health can be asked
/// while the broker recovers, and returns when the node is ready. <see cref="StopAsync"/> lets requests finish, then closes the broker.
/// </summary>
internal sealed class ServerHost : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly BrokerFactory openBroker;
    private readonly BrokerPorts ports;
    private RunningBroker? broker;
    private ServerAddresses? addresses;

    private ServerHost(WebApplication app, BrokerFactory openBroker)
    {
        this.app = app;
        this.openBroker = openBroker;
        ports = app.Services.GetRequiredService<BrokerPorts>();
    }

    /// <summary>What the listeners are bound to; known once started.</summary>
    public ServerAddresses Addresses => addresses ?? throw new InvalidOperationException("the node has not been started");

    public IServiceProvider Services => app.Services;

    /// <param name="configure">Last word on the services, for tests.</param>
    public static ServerHost Build(ServerOptions options, BrokerFactory openBroker, Action<IServiceCollection>? configure = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "goqueue-server" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listeners.Configure(kestrel, options));
        IServiceCollection services = builder.Services;
        services.AddSingleton(options);
        services.AddSingleton(TimeProvider.System);
        services.AddRouting();
        services.AddSingleton<BrokerPorts>();
        services.AddSingleton<ITopicRequests>(all => all.GetRequiredService<BrokerPorts>());
        services.AddSingleton<IPartitionRequests>(all => all.GetRequiredService<BrokerPorts>());
        services.AddSingleton<IProducerRequests>(all => all.GetRequiredService<BrokerPorts>());
        configure?.Invoke(services);

        WebApplication built = builder.Build();
        Pipelines.Map(built);
        return new ServerHost(built, openBroker);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await app.StartAsync(cancellationToken);
        addresses = BoundAddresses();
        broker = await openBroker(app.Services, cancellationToken);
        ports.Open(broker);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await app.StopAsync(cancellationToken);
        if (Interlocked.Exchange(ref broker, null) is { } running)
        {
            await running.CloseAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private ServerAddresses BoundAddresses()
    {
        // Kestrel reports addresses in the order in which the listeners were configured.
        IPEndPoint[] bound =
        [
            .. app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses
                .Select(address => IPEndPoint.Parse(new Uri(address).Authority)),
        ];
        return new ServerAddresses(bound[0], bound[1], bound[2], Peer: null);
    }
}
