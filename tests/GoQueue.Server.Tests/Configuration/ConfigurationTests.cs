using System.Net;
using GoQueue.Broker;
using GoQueue.Server.Configuration;
using GoQueue.Server.Observability;
using GoQueue.Server.Tests.Fixtures;
using GoQueue.Testing;
using Microsoft.Extensions.Logging;

namespace GoQueue.Server.Tests.Configuration;

public sealed class ConfigurationTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Nothing_given_means_the_defaults()
    {
        ServerOptions options = Load([]).Options!;
        Assert.Equal(IPAddress.Loopback, options.Listeners.Bind);
        Assert.Equal((8080, 9000, 9090, 7000), (options.Listeners.HttpPort, options.Listeners.GrpcPort, options.Listeners.MetricsPort, options.Listeners.PeerPort));
        Assert.Equal("node-1", options.NodeId.Value);
        Assert.Equal(LogFormat.Text, options.Logging.Format);
        Assert.Equal(LogLevel.Information, options.Logging.Level);
        Assert.Equal(3, options.Broker.DefaultPartitions);
    }

    [Fact]
    public void Defaults_of_the_broker_are_those_that_it_has_without_a_configuration()
    {
        ServerOptions options = Load([]).Options!;
        Assert.Equal(new BrokerOptions { Node = options.NodeId }, options.Broker);
    }

    [Fact]
    public void Replication_is_configured_where_an_owner_has_a_reason_to()
    {
        BrokerOptions broker = Load(
            [
                "--set", "replication.max-lag=3s", "--set", "replication.ship-behind-segments=5", "--set", "replication.max-shipments=7",
                "--set", "replication.stray-delay=1d",
            ]).Options!.Broker;
        Assert.Equal((TimeSpan.FromSeconds(3), 5, 7, TimeSpan.FromDays(1)),
            (broker.Replication.Replica.MaxLag, broker.Replication.Replica.ShipBehindSegments, broker.Replication.MaxShipments, broker.StrayReplicaDelay));
        Assert.Null(Load(["--set", "replication.ship-behind-segments=0"]).Options!.Broker.Replication.Replica.ShipBehindSegments);
        Assert.Equal(3, Load(["--set", "replication.max-shipments=33", "--set", "replication.max-lag=999ms", "--set", "replication.stray-delay=0s"]).Problems.Count);
    }

    [Fact]
    public void Every_default_is_a_value_that_is_allowed() =>
        Assert.All(OptionCatalog.All, option => Assert.True(option.Accepts(option.Default), option.Key));

    [Fact]
    public void Keys_and_environment_names_are_unique()
    {
        Assert.Distinct(OptionCatalog.All.Select(option => option.Key));
        Assert.Distinct(OptionCatalog.All.Select(option => option.EnvironmentName));
    }

    [Fact]
    public void Flag_wins_over_environment_over_file_over_default()
    {
        string file = Write("http-port: 1001\ngrpc-port: 1002\nmetrics-port: 1003\n");
        ServerOptions options = Load(
            ["--config", file, "--http-port", "3001"],
            ("GOQUEUE_HTTP_PORT", "2001"), ("GOQUEUE_GRPC_PORT", "2002")).Options!;
        Assert.Equal((3001, 2002, 1003, 7000), (options.Listeners.HttpPort, options.Listeners.GrpcPort, options.Listeners.MetricsPort, options.Listeners.PeerPort));
    }

    [Fact]
    public void Three_mistakes_in_a_file_are_all_reported_with_line_value_and_what_is_allowed()
    {
        string file = Write("http-prot: 8080\nlog-level: loud\nstorage:\n  tail-cache: 8 parsecs\n");
        ConfigurationOutcome outcome = Load(["--config", file]);
        Assert.Null(outcome.Options);
        Assert.Equal(3, outcome.Problems.Count);
        Assert.Contains($"http-prot ({file}:1): there is no such option; did you mean http-port?", outcome.Problems);
        Assert.Contains(outcome.Problems, problem => problem.StartsWith($"log-level = 'loud' ({file}:2): allowed is trace, debug", StringComparison.Ordinal));
        Assert.Contains(outcome.Problems, problem => problem.StartsWith($"storage.tail-cache = '8 parsecs' ({file}:4): allowed is 0 to 4GiB", StringComparison.Ordinal));
    }

    [Fact]
    public void Mistakes_of_every_source_are_reported_together()
    {
        string file = Write("log-format: xml\n");
        ConfigurationOutcome outcome = Load(["--config", file, "--http-prot", "1", "--set", "grpc.max-calls=5"], ("GOQUEUE_GRPC_PORT", "-1"));
        Assert.Equal(4, outcome.Problems.Count);
        Assert.Contains(outcome.Problems, problem => problem.Contains("did you mean --http-port?", StringComparison.Ordinal));
        Assert.Contains(outcome.Problems, problem => problem.Contains("did you mean grpc.max-calls-per-connection?", StringComparison.Ordinal));
        Assert.Contains(outcome.Problems, problem => problem.Contains("environment GOQUEUE_GRPC_PORT", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("http-port: 1\nhttp-port: 2\n", "not valid YAML")]
    [InlineData("- a\n- b\n", "mapping of keys")]
    [InlineData("just text\n", "mapping of keys")]
    [InlineData("data: [a, b]\n", "must be one value")]
    [InlineData("data: \"open\n", "not valid YAML")]
    [InlineData("storage:\n  tail-cache: 1MiB\nstorage.tail-cache: 2MiB\n", "given twice")]
    [InlineData("data: ${NOT_SET}\n", "is not set and has no default")]
    [InlineData("data: ${OPEN\n", "is not closed")]
    [InlineData("a: 1\n---\nb: 2\n", "one document")]
    public void A_file_that_is_no_configuration_is_refused(string yaml, string reason) =>
        Assert.Contains(Load(["--config", Write(yaml)]).Problems, problem => problem.Contains(reason, StringComparison.Ordinal));

    [Fact]
    public void A_missing_file_is_refused() =>
        Assert.Contains(Load(["--config", Path.Combine(folder.Path, "none.yaml")]).Problems, problem => problem.Contains("no such file", StringComparison.Ordinal));

    [Fact]
    public void An_empty_file_changes_nothing() => Assert.NotNull(Load(["--config", Write("# nothing yet\n")]).Options);

    [Fact]
    public void Variables_are_expanded_once_with_their_defaults()
    {
        string file = Write("data: \"${BASE}/x${TAIL:-y}$${z}\"\nnode-id: ${ID:n:1}\n");
        ConfigurationOutcome outcome = Load(["--config", file], ("BASE", "/srv/${ID}"));
        Assert.Equal("/srv/${ID}/x-y${z}", outcome.Values.Get(OptionCatalog.Data));
        Assert.Contains(outcome.Problems, problem => problem.StartsWith("node-id = 'n:1'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("192.0.2.7")]
    public void A_public_address_needs_the_flag_that_says_it_is_insecure(string address)
    {
        ConfigurationOutcome refused = Load(["--bind", address]);
        Assert.Null(refused.Options);
        Assert.Contains("--insecure-public", Assert.Single(refused.Problems), StringComparison.Ordinal);
        Assert.NotNull(Load(["--bind", address, "--insecure-public"]).Options);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("localhost")]
    [InlineData("127.0.0.9")]
    public void A_loopback_address_needs_no_flag(string address) => Assert.NotNull(Load(["--bind", address]).Options);

    [Fact]
    public void Two_listeners_do_not_share_a_port()
    {
        Assert.Contains("port 9000", Assert.Single(Load(["--http-port", "9000"]).Problems), StringComparison.Ordinal);
        Assert.NotNull(Load(["--http-port", "0", "--grpc-port", "0"]).Options);
    }

    [Theory]
    [InlineData("--http-port")]
    [InlineData("--data --node-id x")]
    [InlineData("--set")]
    [InlineData("--set novalue")]
    [InlineData("--http-port 1 --http-port 2")]
    [InlineData("--http-port 1 --set http-port=2")]
    [InlineData("stray")]
    [InlineData("--node-id ../x")]
    [InlineData("--node-id ..")]
    [InlineData("--bind 1")]
    [InlineData("--shutdown-timeout 30")]
    [InlineData("--shutdown-timeout 11m")]
    [InlineData("--set storage.tail-cache=99999999999999999999GiB")]
    public void A_wrong_command_line_is_refused(string line) => Assert.NotEmpty(Load(line.Split(' ')).Problems);

    [Fact]
    public void What_print_config_prints_is_the_same_configuration_again()
    {
        string[] given = ["--data", "/tmp/with \"quotes\" and ${x}: #", "--set", "storage.tail-cache=1MiB", "--log-format=json"];
        EffectiveConfiguration first = Load(given).Values;
        EffectiveConfiguration again = Load(["--config", Write(first.ToYaml())]).Values;
        Assert.All(OptionCatalog.All, option => Assert.Equal(first.TextOf(option), again.TextOf(option)));
        Assert.Contains("tail-cache: 1MiB # flag --set storage.tail-cache", first.ToYaml(), StringComparison.Ordinal);
        Assert.Contains("http-port: 8080 # default", first.ToYaml(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stray_environment_variable_is_a_warning_with_the_nearest_name()
    {
        ConfigurationOutcome outcome = Load([], ("GOQUEUE_HTTP_PROT", "1"), ("GOQUEUE_SERVER", "x"), ("HOME", "/"));
        Assert.NotNull(outcome.Options);
        Assert.Contains("did you mean GOQUEUE_HTTP_PORT?", Assert.Single(outcome.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void The_reference_page_names_every_option_with_its_default()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "configuration.md"));
        Assert.All(OptionCatalog.All, option => Assert.Contains($"| `{option.Key}` | `{option.Default}` |", page, StringComparison.Ordinal));
    }

    [Fact]
    public void Help_names_every_option() => Assert.All(OptionCatalog.All, option => Assert.Contains(option.Key, HelpText.Render(), StringComparison.Ordinal));

    private static ConfigurationOutcome Load(string[] arguments, params (string Name, string Value)[] environment) =>
        ConfigurationLoader.Load(arguments, environment.ToDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal));

    private string Write(string yaml)
    {
        string path = Path.Combine(folder.Path, "goqueue.yaml");
        File.WriteAllText(path, yaml);
        return path;
    }
}
