using System.Diagnostics;

namespace GoQueue.Demo.Input;

/// <summary>
/// The package indexes that apt keeps on this machine. A package that several indexes carry (security updates) comes several times, in
/// index order: that is what makes order per key worth checking.
/// </summary>
internal static class PackageIndex
{
    private const string AptHelper = "/usr/lib/apt/apt-helper";

    /// <summary>At most <paramref name="limit"/> stanzas, all of them when it is 0. Refreshes the indexes when there are none.</summary>
    public static async Task<List<Package>> ReadAsync(int limit, CancellationToken cancellationToken)
    {
        if (!File.Exists(AptHelper))
        {
            throw new DemoException("the demo reads the Debian package index and this machine has no apt; run it on Debian or Ubuntu");
        }

        List<string> files = await FilesAsync(cancellationToken);
        if (files.Count == 0)
        {
            Console.WriteLine("no package index here yet: apt-get update");
            await RunAsync("apt-get", ["-qq", "update"], static _ => { }, cancellationToken);
            files = await FilesAsync(cancellationToken);
        }

        List<Package> packages = [];
        foreach (string file in files)
        {
            StanzaSplitter splitter = new(packages, limit);
            await RunAsync(AptHelper, ["cat-file", file], splitter.Add, cancellationToken);
            splitter.Finish();
        }

        return packages.Count > 0 ? packages : throw new DemoException("apt has no package index and 'apt-get update' brought none");
    }

    private static async Task<List<string>> FilesAsync(CancellationToken cancellationToken)
    {
        using MemoryStream output = new();
        await RunAsync("apt-get", ["indextargets", "--format", "$(FILENAME)", "Created-By: Packages"], bytes => output.Write(bytes), cancellationToken);
        return [.. System.Text.Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(File.Exists).Order(StringComparer.Ordinal)];
    }

    private static async Task RunAsync(string program, string[] arguments, ByteSink sink, CancellationToken cancellationToken)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })
            ?? throw new DemoException($"{program} did not start");
        byte[] buffer = new byte[1 << 16];
        Stream output = process.StandardOutput.BaseStream;
        for (int read = await output.ReadAsync(buffer, cancellationToken); read > 0; read = await output.ReadAsync(buffer, cancellationToken))
        {
            sink(buffer.AsSpan(0, read));
        }

        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new DemoException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
        }
    }

    private delegate void ByteSink(ReadOnlySpan<byte> bytes);

    /// <summary>Cuts a byte stream at empty lines. Chunks may end anywhere.</summary>
    private sealed class StanzaSplitter(List<Package> packages, int limit)
    {
        private readonly MemoryStream pending = new();

        public void Add(ReadOnlySpan<byte> bytes)
        {
            pending.Write(bytes);
            ReadOnlySpan<byte> all = pending.GetBuffer().AsSpan(0, (int)pending.Length);
            int start = 0;
            for (int end = all.IndexOf("\n\n"u8); end >= 0; end = all[start..].IndexOf("\n\n"u8))
            {
                Take(all.Slice(start, end + 1));
                start += end + 2;
            }

            byte[] rest = all[start..].ToArray();
            pending.SetLength(0);
            pending.Write(rest);
        }

        public void Finish() => Take(pending.GetBuffer().AsSpan(0, (int)pending.Length));

        private void Take(ReadOnlySpan<byte> stanza)
        {
            ReadOnlySpan<byte> field = "Package: "u8;
            if (stanza.StartsWith(field) && (limit == 0 || packages.Count < limit))
            {
                packages.Add(new Package(stanza[field.Length..stanza.IndexOf((byte)'\n')].ToArray(), stanza.ToArray()));
            }
        }
    }
}
