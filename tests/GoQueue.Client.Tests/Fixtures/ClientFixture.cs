using GoQueue.Testing;

namespace GoQueue.Client.Tests.Fixtures;

/// <summary>A scripted server, a clock that stands still unless told, and a client of both.</summary>
internal sealed class ClientFixture : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> owned = [];

    private ClientFixture(ScriptedServer server, ManualTime time, GoQueueClient client)
    {
        Server = server;
        Time = time;
        Client = client;
    }

    public ScriptedServer Server { get; }

    public ManualTime Time { get; }

    public GoQueueClient Client { get; }

    public static async Task<ClientFixture> StartAsync(bool systemTime = false)
    {
        ScriptedServer server = await ScriptedServer.StartAsync();
        ManualTime time = new();
        GoQueueClient client = GoQueueClient.Connect(new GoQueueClientOptions
        {
            Address = server.Address,
            Time = systemTime ? TimeProvider.System : time,
            RetryBackoff = TimeSpan.FromMilliseconds(1),
            RetryBackoffMax = TimeSpan.FromMilliseconds(5),
        });
        return new ClientFixture(server, time, client);
    }

    public GoQueueProducer Producer(ProducerOptions? options = null)
    {
        GoQueueProducer producer = Client.CreateProducer(options);
        owned.Add(producer);
        return producer;
    }

    public GoQueueConsumer Consumer(ConsumerOptions options)
    {
        GoQueueConsumer consumer = Client.CreateConsumer(options);
        owned.Add(consumer);
        return consumer;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable thing in owned)
        {
            await thing.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1));
        }

        await Client.DisposeAsync();
        await Server.DisposeAsync();
    }
}
