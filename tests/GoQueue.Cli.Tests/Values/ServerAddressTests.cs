using GoQueue.Cli.Values;

namespace GoQueue.Cli.Tests.Values;

public sealed class ServerAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:9000", "127.0.0.1:9000")]
    [InlineData("broker", "broker:9000")]
    [InlineData("broker.example:19000", "broker.example:19000")]
    [InlineData("[::1]:9001", "[::1]:9001")]
    [InlineData("[::1]", "[::1]:9000")]
    [InlineData("::1", "[::1]:9000")]
    public void An_address_is_read(string text, string expected)
    {
        Assert.True(ServerAddress.TryParse(text, out ServerAddress address));
        Assert.Equal(expected, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(":9000")]
    [InlineData("broker:")]
    [InlineData("broker:0")]
    [InlineData("broker:65536")]
    [InlineData("broker:http")]
    [InlineData("http://broker:9000")]
    [InlineData("a b:9000")]
    [InlineData("[::1:9000")]
    public void What_is_no_address_is_refused(string text)
    {
        Assert.False(ServerAddress.TryParse(text, out _));
        Assert.False(ServerAddresses.TryParse($"broker:1,{text}", out _));
    }

    [Theory]
    [InlineData("127.0.0.1:9001", "127.0.0.1:9001")]
    [InlineData("n1,n2:9001, [::1]:9002", "n1:9000,n2:9001,[::1]:9002")]
    [InlineData("n1:9000,n1", "n1:9000")]
    public void Several_nodes_of_a_cluster_are_separated_by_commas(string text, string expected)
    {
        Assert.True(ServerAddresses.TryParse(text, out ServerAddresses? addresses));
        Assert.Equal(expected, addresses.ToString());
        Assert.NotNull(GoQueue.Client.GoQueueClient.Connect(addresses.ToString()));
    }
}
