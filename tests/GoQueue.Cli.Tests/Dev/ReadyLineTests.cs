using GoQueue.Cli.Dev;

namespace GoQueue.Cli.Tests.Dev;

public sealed class ReadyLineTests
{
    [Fact]
    public void The_ready_line_is_read()
    {
        ReadyLine? ready = ReadyLine.TryParse("""{"event":"ready","http":"127.0.0.1:1","grpc":"127.0.0.1:2","metrics":"127.0.0.1:3","peer":null}""");

        Assert.Equal(("127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3", null), (ready!.Http, ready.Grpc, ready.Metrics, ready.Peer));
    }

    [Theory]
    [InlineData("")]
    [InlineData("listening")]
    [InlineData("{")]
    [InlineData("{\"event\":\"stopping\",\"http\":\"x\",\"grpc\":\"y\"}")]
    [InlineData("{\"event\":\"ready\",\"http\":1,\"grpc\":\"y\"}")]
    [InlineData("[]")]
    public void Other_lines_are_left_alone(string line) => Assert.Null(ReadyLine.TryParse(line));

    [Fact]
    public void Commands_to_try_next_name_the_server_only_when_it_is_not_the_usual_one()
    {
        string usual = Welcome.Text(new ReadyLine("", "127.0.0.1:8080", "127.0.0.1:9000", null, null), "data", ephemeral: false, 1);
        string other = Welcome.Text(new ReadyLine("", "127.0.0.1:8080", "127.0.0.1:9001", null, null), "data", ephemeral: true, 1);

        Assert.DoesNotContain("--server", usual, StringComparison.Ordinal);
        Assert.Contains("goqueue topic create orders --server 127.0.0.1:9001", other, StringComparison.Ordinal);
        Assert.Contains("deleted at the end", other, StringComparison.Ordinal);
    }
}
