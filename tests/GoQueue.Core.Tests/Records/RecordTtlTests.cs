using System.Text;
using GoQueue.Core.Records;

namespace GoQueue.Core.Tests.Records;

public class RecordTtlTests
{
    [Theory]
    [InlineData("1000", 999, false)]
    [InlineData("1000", 1000, true)]
    [InlineData("1000", 5000, true)]
    [InlineData("1000", -5000, false)]
    [InlineData("0", 0, true)]
    [InlineData("9223372036854775807", 1_000_000, false)]
    [InlineData("9223372036854775808", 1_000_000, false)]
    [InlineData("-1", 1_000_000, false)]
    [InlineData("", 1_000_000, false)]
    [InlineData("12x", 1_000_000, false)]
    [InlineData(" 12", 1_000_000, false)]
    [InlineData("1.5", 1_000_000, false)]
    public void A_record_expires_when_its_milliseconds_have_passed_and_nonsense_is_ignored(string header, long ageMillis, bool isExpired)
    {
        byte[] batch = TestBatches.Encode([new PlainRecord(0, 1_000_000, null, null, [(RecordTtl.HeaderName, Encoding.UTF8.GetBytes(header))])]);
        Assert.Equal(isExpired, AnyExpired(batch, new UnixMillis(1_000_000 + ageMillis)));
    }

    [Fact]
    public void A_record_without_the_header_never_expires() =>
        Assert.False(AnyExpired(TestBatches.Small(), new UnixMillis(long.MaxValue)));

    [Fact]
    public void The_last_header_counts()
    {
        byte[] batch = TestBatches.Encode([new PlainRecord(0, 0, null, null, [(RecordTtl.HeaderName, "5"u8.ToArray()), (RecordTtl.HeaderName, "500"u8.ToArray())])]);
        Assert.False(AnyExpired(batch, new UnixMillis(499)));
        Assert.True(AnyExpired(batch, new UnixMillis(500)));
    }

    [Fact]
    public void Asking_allocates_nothing()
    {
        byte[] batch = TestBatches.Encode([new PlainRecord(0, 0, null, null, [("other", [1]), (RecordTtl.HeaderName, "500"u8.ToArray())])]);
        AnyExpired(batch, new UnixMillis(1));
        long before = GC.GetAllocatedBytesForCurrentThread();
        AnyExpired(batch, new UnixMillis(1));
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static bool AnyExpired(byte[] batch, UnixMillis now)
    {
        bool isExpired = false;
        foreach (Record record in RecordBatchReader.Open(batch, RecordReadLimits.Default, out _))
        {
            isExpired |= RecordTtl.IsExpired(record, now);
        }

        return isExpired;
    }
}
