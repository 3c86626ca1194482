namespace GoQueue.Server.Tests.Fixtures;

/// <summary>One node for the tests of a class; each test uses topics of its own.</summary>
public sealed class NodeFixture : IAsyncLifetime
{
    private TestNode? node;

    internal TestNode Node => node ?? throw new InvalidOperationException("not started");

    public async Task InitializeAsync() => node = await TestNode.StartAsync(["http.max-body-bytes=4MiB", "http.max-batch-messages=1000"]);

    public async Task DisposeAsync() => await Node.DisposeAsync();
}
