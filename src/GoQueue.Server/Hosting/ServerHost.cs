using System.Net;
using GoQueue.Broker.Requests;
using GoQueue.Server.Configuration;
using GoQueue.Server.Grpc.Services;
using GoQueue.Server.Observability;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace GoQueue.Server.Hosting;

/// <summary>
/// One node: its listeners, its endpoints and its broker. <see cref="StartAsync"/> opens the listeners first, so that health can be asked
/// while the broker recovers, and returns when the node is ready. <see cref="StopAsync"/> lets requests finish, then closes the broker.
/// </summary>
internal sealed class ServerHost : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly BrokerFactory openBroker;
    private readonly ServerOptions options;
    private readonly NodeState state;
    private readonly ILogger log;
    private RunningBroker? broker;
    private ServerAddresses? addresses;

    private ServerHost(WebApplication app, ServerOptions options, BrokerFactory openBroker)
    {
        this.app = app;
        this.options = options;
        this.openBroker = openBroker;
        state = app.Services.GetRequiredService<NodeState>();
        log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("GoQueue.Server");
    }

    /// <summary>What the listeners are bound to; known once started.</summary>
    public ServerAddresses Addresses => addresses ?? throw new InvalidOperationException("the node has not been started");

    /// <summary>Whether the listeners are open; the node may not be ready yet.</summary>
    public bool IsListening => addresses is not null;

    public IServiceProvider Services => app.Services;

    /// <param name="logging">Where log lines go; it outlives the host.</param>
    public static ServerHost Build(ServerOptions options, BrokerFactory openBroker, ILoggerFactory logging)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "goqueue-server" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listeners.Configure(kestrel, options));
        ServerServices.Add(builder.Services, options);

        // Signals are handled by the process, and log lines by the factory that was there before the host.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Replace(ServiceDescriptor.Singleton(logging));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout);

        WebApplication built = builder.Build();
        Pipelines.Map(built);
        return new ServerHost(built, options, openBroker);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await app.StartAsync(cancellationToken);
        addresses = BoundAddresses();
        app.Services.GetRequiredService<BoundListeners>().Addresses = addresses;
        broker = await openBroker(app.Services, cancellationToken);
        addresses = addresses with { Peer = broker.PeerEndpoint };
        app.Services.GetRequiredService<BrokerPorts>().Open(broker);
        state.BecameReady();
        app.Services.GetRequiredService<NodeServing>().Report(serving: true);
    }

    /// <summary>
    /// Moves leaderships to other nodes while it still serves, drains within the configured time, cuts what is left, then closes the broker, which is
    /// never cut: its flush is the point.
    /// </summary>
    public async Task StopAsync()
    {
        state.BeganHandingOver();
        if (broker?.HandOverAsync is { } handOver)
        {
            await handOver();
        }

        state.BeganDraining();
        app.Services.GetRequiredService<NodeServing>().Report(serving: false);
        using CancellationTokenSource patience = new(options.ShutdownTimeout);
        await app.StopAsync(patience.Token);
        if (patience.IsCancellationRequested)
        {
            Log.DrainTimedOut(log, options.ShutdownTimeout.TotalSeconds);
        }

        if (Interlocked.Exchange(ref broker, null) is { } running)
        {
            await running.CloseAsync();
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

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
