using System.Text.Json.Nodes;
using GoQueue.Cli.Messages;

namespace GoQueue.Cli.Tests.Messages;

public sealed class MessageJsonTests
{
    [Fact]
    public void Text_stands_as_text()
    {
        JsonObject json = Of(new Sample());

        Assert.Equal(
            """{"topic":"orders","partition":2,"offset":41,"timestamp":1769860800250,"key":"key","value":"value","headers":{"trace":"abc","empty":""},"priority":"high"}""",
            json.ToJsonString());
    }

    [Fact]
    public void Bytes_that_are_not_utf8_stand_in_base64()
    {
        JsonObject json = Of(new Sample { Key = [0xFF], Value = [0xC3, 0x28] });

        Assert.Equal("/w==", (string?)json["keyBase64"]);
        Assert.Equal("wyg=", (string?)json["valueBase64"]);
        Assert.False(json.ContainsKey("key"));
        Assert.False(json.ContainsKey("value"));
    }

    [Fact]
    public void A_missing_key_and_a_tombstone_are_null()
    {
        JsonObject json = Of(new Sample { Key = null, Value = null });

        Assert.True(json.ContainsKey("key") && json["key"] is null);
        Assert.True(json.ContainsKey("value") && json["value"] is null);
    }

    private static JsonObject Of(Sample sample)
    {
        JsonObject? json = null;
        sample.Print((in PrintedMessage message) => json = MessageJson.Of(message));
        return json!;
    }
}
