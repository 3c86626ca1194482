using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using GoQueue.Cli.Failures;

namespace GoQueue.Cli.Produce;

/// <summary>Where the messages of <c>produce</c> come from. Each message is valid until the next is asked for.</summary>
internal abstract class MessageSource
{
    // Larger than any message a server may be configured to take (64 MiB batches).
    private const int MaxMessageBytes = 64 << 20;

    /// <summary>How many there will be; null when only the end will tell.</summary>
    public virtual long? Total => null;

    public abstract IAsyncEnumerable<OutgoingMessage> ReadAsync(KeySplitter keys, CancellationToken cancel);

    /// <summary>The given texts, each <paramref name="count"/> times.</summary>
    public static MessageSource Of(IReadOnlyList<string> texts, long count) => new Texts([.. texts.Select(Encoding.UTF8.GetBytes)], count);

    /// <summary><c>message 1</c>, <c>message 2</c>, ...</summary>
    public static MessageSource Generated(long count) => new Numbers(count);

    /// <summary>Each file whole, <c>-</c> for standard input.</summary>
    public static MessageSource WholeFiles(IReadOnlyList<string> paths, Stream input) => new Files(paths, input);

    /// <summary>Pieces of files, or of standard input when there are none.</summary>
    public static MessageSource Pieces(IReadOnlyList<string> paths, Stream input, byte delimiter) => new DelimitedFiles(paths, input, delimiter);

    private static Stream Open(string path, Stream input)
    {
        if (path is "-")
        {
            return input;
        }

        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CommandFailure.Refused($"cannot read {path}: {e.Message}", "check the name and its permissions", e);
        }
    }

    private sealed class Texts(byte[][] texts, long count) : MessageSource
    {
        public override long? Total => texts.Length * count;

        public override async IAsyncEnumerable<OutgoingMessage> ReadAsync(KeySplitter keys, [EnumeratorCancellation] CancellationToken cancel)
        {
            await Task.CompletedTask;
            for (long i = 0; i < count; i++)
            {
                for (int j = 0; j < texts.Length; j++)
                {
                    yield return keys.Split(texts[j], $"message {j + 1}");
                }
            }
        }
    }

    private sealed class Numbers(long count) : MessageSource
    {
        public override long? Total => count;

        public override async IAsyncEnumerable<OutgoingMessage> ReadAsync(KeySplitter keys, [EnumeratorCancellation] CancellationToken cancel)
        {
            await Task.CompletedTask;
            for (long i = 1; i <= count; i++)
            {
                yield return keys.Split(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"message {i}")), $"message {i}");
            }
        }
    }

    private sealed class Files(IReadOnlyList<string> paths, Stream input) : MessageSource
    {
        public override long? Total => paths.Count;

        public override async IAsyncEnumerable<OutgoingMessage> ReadAsync(KeySplitter keys, [EnumeratorCancellation] CancellationToken cancel)
        {
            foreach (string path in paths)
            {
                using MemoryStream content = new();
                await using Stream file = Open(path, input);
                byte[] chunk = new byte[64 << 10];
                for (int read = 1; read > 0;)
                {
                    read = await file.ReadAsync(chunk, cancel).AsTask().WaitAsync(cancel);
                    content.Write(chunk, 0, read);
                    if (content.Length > MaxMessageBytes)
                    {
                        throw CommandFailure.Refused($"{path} is larger than {MaxMessageBytes} bytes", "a message cannot be that large; send it in parts, or its lines with --lines");
                    }
                }

                yield return keys.Split(content.GetBuffer().AsMemory(0, (int)content.Length), path);
            }
        }
    }

    private sealed class DelimitedFiles(IReadOnlyList<string> paths, Stream input, byte delimiter) : MessageSource
    {
        public override async IAsyncEnumerable<OutgoingMessage> ReadAsync(KeySplitter keys, [EnumeratorCancellation] CancellationToken cancel)
        {
            foreach (string path in paths.Count == 0 ? ["-"] : paths)
            {
                await using Stream file = Open(path, input);
                DelimitedReader reader = new(file, delimiter, MaxMessageBytes);
                while (await reader.ReadAsync(cancel))
                {
                    yield return keys.Split(reader.Current, path is "-" ? $"line {reader.Number}" : $"{path}, line {reader.Number}");
                }
            }
        }
    }
}
