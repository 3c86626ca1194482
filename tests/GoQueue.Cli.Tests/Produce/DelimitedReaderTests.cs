using System.Text;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Produce;

namespace GoQueue.Cli.Tests.Produce;

public sealed class DelimitedReaderTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a", "a")]
    [InlineData("a\n", "a")]
    [InlineData("a\nb", "a|b")]
    [InlineData("\n", "")]
    [InlineData("\n\n\n", "||")]
    [InlineData("a\r\n\0\n", "a\r|\0")]
    public async Task Lines_are_cut_and_nothing_else_is_touched(string input, string expected)
    {
        string[] pieces = [.. (await ReadAllAsync(new MemoryStream(Encoding.UTF8.GetBytes(input)))).Select(Encoding.UTF8.GetString)];

        Assert.Equal(input.Length == 0 ? [] : expected.Split('|'), pieces);
    }

    [Fact]
    public async Task However_the_bytes_arrive_the_pieces_are_the_same()
    {
        Random random = new(3);
        for (int round = 0; round < 200; round++)
        {
            byte[] input = new byte[random.Next(0, 200_000)];
            random.NextBytes(input);
            if (round % 2 == 0)
            {
                // Few delimiters: pieces beyond the first buffer.
                input.AsSpan().Replace((byte)'\n', (byte)'x');
                if (input.Length > 0)
                {
                    input[input.Length / 2] = (byte)'\n';
                }
            }

            List<byte[]> pieces = await ReadAllAsync(new Dribble(input, random));

            byte[] joined = [.. pieces.SelectMany((piece, i) => i == 0 ? piece : [(byte)'\n', .. piece])];
            byte[] expected = input.Length > 0 && input[^1] == '\n' ? input[..^1] : input;
            Assert.Equal(expected, joined);
        }
    }

    [Fact]
    public async Task A_piece_over_the_limit_is_refused()
    {
        DelimitedReader reader = new(new MemoryStream(new byte[100_000]), (byte)'\n', maxBytes: 65_536);

        CommandFailure failure = await Assert.ThrowsAsync<CommandFailure>(async () => await reader.ReadAsync(CancellationToken.None));

        Assert.Equal(ExitCode.Refused, failure.Code);
    }

    [Fact]
    public async Task A_read_that_never_returns_can_be_left()
    {
        using CancellationTokenSource cancel = new();
        DelimitedReader reader = new(new Silence(), (byte)'\n', 100);

        Task<bool> reading = reader.ReadAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    private static async Task<List<byte[]>> ReadAllAsync(Stream stream)
    {
        DelimitedReader reader = new(stream, (byte)'\n', 1 << 20);
        List<byte[]> pieces = [];
        while (await reader.ReadAsync(CancellationToken.None))
        {
            pieces.Add(reader.Current.ToArray());
            Assert.Equal(pieces.Count, reader.Number);
        }

        Assert.False(await reader.ReadAsync(CancellationToken.None));
        return pieces;
    }

    /// <summary>Hands out what it has in pieces of random size.</summary>
    private sealed class Dribble(byte[] content, Random random) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, random.Next(1, 50_000))], cancellationToken);
    }

    /// <summary>A terminal at which nobody types.</summary>
    private sealed class Silence : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await new TaskCompletionSource().Task;
            return 0;
        }
    }
}
