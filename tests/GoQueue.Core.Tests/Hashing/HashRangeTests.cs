namespace GoQueue.Core.Tests.Hashing;

public class HashRangeTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(100_000)]
    public void Z1_equal_ranges_cover_the_hash_space_once(int count)
    {
        uint next = 0;
        for (int i = 0; i < count; i++)
        {
            HashRange range = HashRange.Equal(i, count);
            Assert.Equal(next, range.First);
            Assert.True(range.Last >= range.First);
            next = unchecked(range.Last + 1);
        }

        Assert.Equal(0u, next);
    }
}
