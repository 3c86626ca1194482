using System.Net;
using System.Text.Json;
using GoQueue.Contracts.V1;
using GoQueue.Core;
using GoQueue.Server.Grpc.Protocol;
using GoQueue.Server.Tests.Fakes;
using GoQueue.Server.Tests.Fixtures;
using GoQueue.Server.Tests.Grpc;

namespace GoQueue.Server.Tests.Administration;

/// <summary>Administration of the cluster over REST and gRPC: both translate to and from the same port. What the port does is tested where it is.</summary>
public sealed class AdminTests : IAsyncLifetime
{
    private readonly ScriptedCluster cluster = new();
    private TestNode? started;

    private TestNode Node => started ?? throw new InvalidOperationException("not started");

    public async Task InitializeAsync() => started = await TestNode.StartAsync(wrap: broker => broker with { Cluster = cluster, CatchUps = cluster });

    public async Task DisposeAsync() => await Node.DisposeAsync();

    [Fact]
    public async Task The_cluster_and_its_quorum()
    {
        JsonElement answer = await GetAsync("/v1/admin/cluster");
        Assert.Equal(("shop", "n2", "n1", 120, 3, 1, 25), (
            Text(answer, "clusterId"), Text(answer, "node"), Text(answer, "controller"), Number(answer, "metadataVersion"), Number(answer, "brokers"), Number(answer, "topics"), Number(answer, "partitions")));
        JsonElement quorum = answer.GetProperty("quorum");
        Assert.Equal((7, "n1", 121, 120), (Number(quorum, "term"), Text(quorum, "leader"), Number(quorum, "commitIndex"), Number(quorum, "appliedIndex")));
        JsonElement learner = quorum.GetProperty("members")[1];
        Assert.Equal(("n4", "learner", "10.0.0.4:7000"), (Text(learner, "node"), Text(learner, "role"), Text(learner, "endpoint")));
        Assert.Equal(JsonValueKind.Null, learner.GetProperty("matchIndex").ValueKind);
        Assert.Equal(quorum.ToString(), (await GetAsync("/v1/admin/quorum")).ToString());
    }

    [Fact]
    public async Task Health_counts_and_says_in_sentences_what_is_wrong()
    {
        JsonElement well = await GetAsync("/v1/admin/health");
        Assert.True(well.GetProperty("healthy").GetBoolean());
        Assert.Equal(0, well.GetProperty("problems").GetArrayLength());

        cluster.State = cluster.State with { HasController = false, FencedBrokers = [new NodeId("n3")], OfflinePartitions = 1, UnderMinInSyncPartitions = 2, UnderReplicatedPartitions = 5 };
        JsonElement ill = await GetAsync("/v1/admin/health");
        Assert.False(ill.GetProperty("healthy").GetBoolean());
        Assert.Equal((1, 2, 5), (Number(ill, "offlinePartitions"), Number(ill, "underMinInSyncPartitions"), Number(ill, "underReplicatedPartitions")));
        string problems = ill.GetProperty("problems").ToString();
        Assert.All((string[])["quorum", "node n3", "1 partition without a leader", "acks=all is refused", "5 partitions with fewer"], part => Assert.Contains(part, problems, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Brokers_with_their_state_and_addresses()
    {
        JsonElement brokers = (await GetAsync("/v1/admin/brokers")).GetProperty("brokers");
        Assert.Equal(("n1", "online", "voter", "r1", "10.0.0.1:9000"), (
            Text(brokers[0], "node"), Text(brokers[0], "state"), Text(brokers[0], "quorumRole"), Text(brokers[0], "rack"), Text(brokers[0], "grpcEndpoint")));
        Assert.Equal(("fenced", true), (Text(brokers[1], "state"), brokers[1].GetProperty("draining").GetBoolean()));
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (brokers[1].GetProperty("quorumRole").ValueKind, brokers[1].GetProperty("rack").ValueKind));
    }

    [Fact]
    public async Task Partitions_come_in_pages_that_neither_hide_nor_repeat()
    {
        List<int> seen = [];
        string token = string.Empty;
        int pages = 0;
        do
        {
            JsonElement page = await GetAsync($"/v1/admin/partitions?topic=orders&pageSize=10&pageToken={Uri.EscapeDataString(token)}");
            Assert.Equal(25, Number(page, "total"));
            seen.AddRange(page.GetProperty("partitions").EnumerateArray().Select(partition => (int)Number(partition, "partition")));
            token = Text(page, "nextPageToken");
            pages++;
        }
        while (token.Length > 0);

        Assert.Equal(3, pages);
        Assert.Equal(Enumerable.Range(0, 25), seen);
    }

    [Theory]
    [InlineData("offline=true", 1)]
    [InlineData("underReplicated=true", 5)]
    [InlineData("underMinInSync=true", 5)]
    [InlineData("reassigning=true", 0)]
    [InlineData("node=n9", 0)]
    [InlineData("offline=false", 25)]
    public async Task Partitions_are_filtered(string query, int expected) => Assert.Equal(expected, Number(await GetAsync("/v1/admin/partitions?" + query), "total"));

    [Fact]
    public async Task An_offline_partition_says_who_led_it_last()
    {
        JsonElement offline = (await GetAsync("/v1/admin/partitions?offline=true")).GetProperty("partitions")[0];
        Assert.Equal((10, "n1"), (Number(offline, "partition"), Text(offline, "lastKnownLeader")));
        Assert.Equal(JsonValueKind.Null, offline.GetProperty("leader").ValueKind);
        Assert.True(offline.GetProperty("underMinInSync").GetBoolean());
    }

    [Fact]
    public async Task Events_name_what_may_be_lost()
    {
        JsonElement happened = (await GetAsync("/v1/admin/events")).GetProperty("events")[0];
        Assert.Equal(("forced-election", 3, "n2", "n1", 10, 12), (
            Text(happened, "kind"), Number(happened, "partition"), Text(happened, "leader"), Text(happened, "before"), Number(happened, "firstOffsetAtRisk"), Number(happened, "endOffsetAtRisk")));
    }

    [Fact]
    public async Task A_plan_can_be_started_as_it_was_answered()
    {
        RestAnswer plan = await Node.SendAsync("POST", "/v1/admin/reassignments/plan", """{"topics":["orders"]}""");
        Assert.Equal(HttpStatusCode.OK, plan.Status);
        RestAnswer start = await Node.SendAsync("POST", "/v1/admin/reassignments", plan.Json.ToString());
        Assert.Equal(HttpStatusCode.Accepted, start.Status);
        Assert.Equal((3, 2, 1000), (Number(start.Json, "total"), Number(start.Json, "done"), Number(start.Json, "bytesPerSecond")));
        Assert.Equal("n3", start.Json.GetProperty("moving")[0].GetProperty("adding")[0].GetString());
        Assert.Equal((9_000, 5), (Number(start.Json, "bytesLeft"), Number(start.Json, "secondsLeft"))); // 4.5 s, said as 5
        JsonElement arriving = start.Json.GetProperty("moving")[0].GetProperty("arriving")[0];
        Assert.Equal(("n3", 9_000, 2_000), (Text(arriving, "node"), Number(arriving, "bytesLeft"), Number(arriving, "bytesPerSecond")));
        Assert.Equal(["start orders:0=n1,n2,n4 at the same"], cluster.Asked);
    }

    [Fact]
    public async Task Reassignments_begin_are_bounded_and_turned_back()
    {
        await ExpectAsync(HttpStatusCode.Accepted, "POST", "/v1/admin/reassignments", """{"moves":[{"topic":"orders","partition":2,"to":["n3","n1"]}],"bytesPerSecond":52428800}""");
        await ExpectAsync(HttpStatusCode.Accepted, "POST", "/v1/admin/reassignments", "{}");
        await ExpectAsync(HttpStatusCode.OK, "PATCH", "/v1/admin/reassignments", """{"bytesPerSecond":5}""");
        cluster.LeadersAnswer = false;
        JsonElement progress = await GetAsync("/v1/admin/reassignments");
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null, 0), (
            progress.GetProperty("bytesLeft").ValueKind, progress.GetProperty("secondsLeft").ValueKind, progress.GetProperty("moving")[0].GetProperty("arriving").GetArrayLength()));
        await ExpectAsync(HttpStatusCode.OK, "DELETE", "/v1/admin/reassignments?topic=orders");
        await ExpectAsync(HttpStatusCode.OK, "DELETE", "/v1/admin/reassignments");
        Assert.Equal(["start orders:2=n3,n1 at 52428800", "start orders:0=n1,n2,n4 at the same", "rate 5", "cancel orders", "cancel all"], cluster.Asked);
    }

    [Fact]
    public async Task Leaders_are_transferred_and_balanced()
    {
        RestAnswer moved = await Node.SendAsync("POST", "/v1/admin/transfer-leader", """{"topic":"orders","partition":1,"to":"n2","forced":true}""");
        Assert.Equal((HttpStatusCode.OK, 1), (moved.Status, Number(moved.Json, "partition")));
        await ExpectAsync(HttpStatusCode.OK, "POST", "/v1/admin/transfer-leader", """{"topic":"orders","partition":1}""");
        RestAnswer balanced = await Node.SendAsync("POST", "/v1/admin/balance-leaders", "{}");
        Assert.Equal(4, Number(balanced.Json, "changed"));
        Assert.Equal(["transfer orders:1 to n2, forced", "transfer orders:1 to the preferred"], cluster.Asked);
    }

    [Fact]
    public async Task Nodes_are_drained_and_removed()
    {
        await ExpectAsync(HttpStatusCode.Accepted, "POST", "/v1/admin/brokers/n3/drain", "{}");
        await ExpectAsync(HttpStatusCode.OK, "POST", "/v1/admin/brokers/n3/undrain", "{}");
        await ExpectAsync(HttpStatusCode.OK, "POST", "/v1/admin/brokers/n3/promote", "{}");
        await ExpectAsync(HttpStatusCode.NoContent, "DELETE", "/v1/admin/brokers/n3");
        Assert.Equal(["drain n3", "undrain n3", "promote n3", "remove n3"], cluster.Asked);
    }

    [Theory]
    [InlineData("GET", "/v1/admin/partitions?topic=missing", null, 404, "UNKNOWN_TOPIC")]
    [InlineData("GET", "/v1/admin/partitions?offline=yes", null, 400, "INVALID_ARGUMENT")]
    [InlineData("GET", "/v1/admin/partitions?ofline=true", null, 400, "INVALID_ARGUMENT")]
    [InlineData("GET", "/v1/admin/partitions?pageSize=10001", null, 400, "INVALID_ARGUMENT")]
    [InlineData("GET", "/v1/admin/partitions?pageToken=nonsense", null, 400, "INVALID_ARGUMENT")]
    [InlineData("DELETE", "/v1/admin/reassignments?topics=orders", null, 400, "INVALID_ARGUMENT")]
    [InlineData("POST", "/v1/admin/reassignments/plan", """{"topics":["missing"]}""", 404, "UNKNOWN_TOPIC")]
    [InlineData("POST", "/v1/admin/reassignments", """{"moves":[{"topic":"orders","partition":0,"to":["n1","n1"]}]}""", 400, "INVALID_ARGUMENT")]
    [InlineData("POST", "/v1/admin/reassignments", """{"moves":[{"topic":"orders","partition":0,"to":["n1"]}],"topics":["orders"]}""", 400, "INVALID_ARGUMENT")]
    [InlineData("POST", "/v1/admin/reassignments", """{"move":[]}""", 400, "MALFORMED_REQUEST")]
    [InlineData("POST", "/v1/admin/reassignments", """{"moves":[{"topic":"orders","partition":"0","to":["n1"]}]}""", 400, "MALFORMED_REQUEST")]
    [InlineData("POST", "/v1/admin/reassignments", """{"bytesPerSecond":1,"bytesPerSecond":2}""", 400, "MALFORMED_REQUEST")]
    [InlineData("POST", "/v1/admin/reassignments", """[]""", 400, "MALFORMED_REQUEST")]
    [InlineData("POST", "/v1/admin/reassignments", """{"moves":""", 400, "MALFORMED_REQUEST")]
    [InlineData("PATCH", "/v1/admin/reassignments", """{"bytesPerSecond":-1}""", 400, "INVALID_ARGUMENT")]
    [InlineData("POST", "/v1/admin/transfer-leader", """{"topic":"orders","partition":0,"to":"n9"}""", 400, "INVALID_ARGUMENT")]
    [InlineData("POST", "/v1/admin/brokers/n9/drain", "{}", 404, "UNKNOWN_NODE")]
    [InlineData("DELETE", "/v1/admin/brokers/n1", null, 412, "PRECONDITION_FAILED")]
    public async Task Mistakes_are_refused(string method, string path, string? body, int status, string code) =>
        (await Node.SendAsync(method, path, body)).IsRefused((HttpStatusCode)status, code);

    [Fact]
    public async Task A_change_without_the_media_type_is_refused_because_a_page_of_another_site_could_send_it()
    {
        RestAnswer answer = await Node.SendAsync("POST", "/v1/admin/brokers/n3/drain", "{}", contentType: "text/plain");
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.Status);
        Assert.Empty(cluster.Asked);
    }

    [Fact]
    public async Task The_api_description_has_every_route_and_shape()
    {
        JsonElement document = await GetAsync("/openapi/v1.json");
        JsonElement paths = document.GetProperty("paths");
        foreach (string path in (string[])["cluster", "quorum", "health", "brokers", "partitions", "events", "reassignments", "reassignments/plan", "transfer-leader", "balance-leaders", "transfer-controller", "brokers/{node}", "brokers/{node}/drain"])
        {
            Assert.True(paths.TryGetProperty("/v1/admin/" + path, out _), path);
        }

        Assert.True(paths.TryGetProperty("/v1/topics/{topic}/partitions", out _));
        JsonElement schemas = document.GetProperty("components").GetProperty("schemas");
        JsonElement status = schemas.GetProperty("PartitionStatus").GetProperty("properties");
        Assert.Equal("array", Text(status.GetProperty("replicas"), "type"));
        Assert.Contains("voter", schemas.GetProperty("QuorumMember").GetProperty("properties").GetProperty("role").GetProperty("enum").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Over_grpc_it_is_the_same()
    {
        using GrpcWireClient client = new(new Uri($"http://{Node.Host.Addresses.Grpc}"));
        GrpcAnswer answer = await client.CallAsync("/goqueue.v1.Cluster/GetCluster", new GetClusterRequest());
        Assert.Equal(GrpcStatusCode.Ok, answer.Status);
        GetClusterResponse info = GetClusterResponse.Parser.ParseFrom(Assert.Single(answer.Messages));
        Assert.Equal(("shop", "n1", 2), (info.ClusterId, info.Controller, info.Quorum.Members.Count));
        GrpcAnswer unknown = await client.CallAsync("/goqueue.v1.Cluster/DrainBroker", new DrainBrokerRequest { Node = "n9" });
        Assert.Equal((GrpcStatusCode.NotFound, "UNKNOWN_NODE"), (unknown.Status, unknown.ErrorName));
        GrpcAnswer drained = await client.CallAsync("/goqueue.v1.Cluster/DrainBroker", new DrainBrokerRequest { Node = "n3" });
        Assert.Equal(3, DrainBrokerResponse.Parser.ParseFrom(Assert.Single(drained.Messages)).Reassignment.Total);
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static long Number(JsonElement element, string name) => element.GetProperty(name).GetInt64();

    private async Task<JsonElement> GetAsync(string path)
    {
        RestAnswer answer = await Node.SendAsync("GET", path);
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Json.ToString());
        return answer.Json;
    }

    private async Task ExpectAsync(HttpStatusCode status, string method, string path, string? body = null)
    {
        RestAnswer answer = await Node.SendAsync(method, path, body);
        Assert.True(answer.Status == status, $"{method} {path}: {answer.Status} {answer.Json}");
    }
}
