using System.Text;
using System.Text.Json.Nodes;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Output;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace GoQueue.Cli.Contexts;

/// <summary>
/// The configuration file of the command line. Written whole to a temporary file beside it and renamed, readable by the owner only: contexts
/// will hold credentials. Read strictly: a misspelt key is an error and not a silently missing setting.
/// </summary>
internal sealed class ContextFile(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // A configuration file of a person; anything larger is some other file.
    private const long MaxBytes = 1 << 20;

    public string Path { get; } = path;

    /// <summary><c>GOQUEUE_CLI_CONFIG</c>, else <c>$XDG_CONFIG_HOME/goqueue/config.yaml</c>, else <c>~/.config/goqueue/config.yaml</c>.</summary>
    public static ContextFile Locate(Func<string, string?> environment)
    {
        if (environment("GOQUEUE_CLI_CONFIG") is { Length: > 0 } named)
        {
            return new ContextFile(named);
        }

        string home = environment("XDG_CONFIG_HOME") is { Length: > 0 } xdg && System.IO.Path.IsPathRooted(xdg)
            ? xdg
            : System.IO.Path.Combine(environment("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config");
        return new ContextFile(System.IO.Path.Combine(home, "goqueue", "config.yaml"));
    }

    /// <summary>The contexts; an absent or empty file holds none.</summary>
    /// <exception cref="CommandFailure">The file cannot be read or is not what it should be; says where.</exception>
    public ContextBook Read()
    {
        try
        {
            if (!File.Exists(Path))
            {
                return ContextBook.Empty;
            }

            if (new FileInfo(Path).Length > MaxBytes)
            {
                throw Wrong($"it is larger than {MaxBytes} bytes");
            }

            using StreamReader text = new(Path);
            YamlStream yaml = [];
            yaml.Load(text);
            return yaml.Documents.Count == 0 ? ContextBook.Empty : ReadRoot(yaml.Documents[0].RootNode);
        }
        catch (YamlException e)
        {
            throw Wrong($"line {e.Start.Line}: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Wrong(e.Message);
        }
    }

    /// <exception cref="CommandFailure">The file cannot be written.</exception>
    public void Write(ContextBook book)
    {
        string temporary = $"{Path}.{Environment.ProcessId}.tmp";
        try
        {
            string directory = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;
            byte[] text = Encoding.UTF8.GetBytes(YamlText.Of(ToDocument(book)));
            FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(directory); // Folders of a profile are the owner's there.
            }
            else
            {
                Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
                options.UnixCreateMode = OwnerOnly;
            }

            using (FileStream file = new(temporary, options))
            {
                file.Write(text);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, Path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CommandFailure.Refused($"cannot write {Path}: {e.Message}", "make the folder writable, or name another file in GOQUEUE_CLI_CONFIG", e);
        }
    }

    private ContextBook ReadRoot(YamlNode root)
    {
        // An empty or comment-only document is a null scalar.
        if (root is YamlScalarNode { Value: null or "" })
        {
            return ContextBook.Empty;
        }

        ContextBook book = ContextBook.Empty;
        string? current = null;
        foreach ((string key, YamlNode value) in Entries(root))
        {
            switch (key)
            {
                case "current-context":
                    current = Text(value, key);
                    break;
                case "contexts":
                    foreach (YamlNode item in value as YamlSequenceNode ?? throw Wrong(value, "contexts is not a list"))
                    {
                        CliContext context = ReadContext(item);
                        book = book.Contexts.ContainsKey(context.Name) ? throw Wrong(item, $"context {context.Name} is there twice") : book.With(context);
                    }

                    break;
                default:
                    throw Wrong(value, $"unknown key {key}; known are current-context and contexts");
            }
        }

        return book with { Current = current };
    }

    private CliContext ReadContext(YamlNode node)
    {
        string? name = null, server = null, output = null;
        foreach ((string key, YamlNode value) in Entries(node))
        {
            switch (key)
            {
                case "name":
                    name = Text(value, key);
                    break;
                case "server":
                    server = Text(value, key);
                    break;
                case "output":
                    output = Text(value, key);
                    break;
                default:
                    throw Wrong(value, $"unknown key {key}; known are name, server and output");
            }
        }

        return name is not null && ContextBook.IsValidName(name)
            ? new CliContext(name, server, output)
            : throw Wrong(node, "a context needs a name of 1 to 63 letters, digits, '.', '_' or '-'");
    }

    private IEnumerable<(string Key, YamlNode Value)> Entries(YamlNode node)
    {
        foreach ((YamlNode key, YamlNode value) in node as YamlMappingNode ?? throw Wrong(node, "expected 'key: value' lines here"))
        {
            yield return (Text(key, "a key"), value);
        }
    }

    private string Text(YamlNode node, string what) => (node as YamlScalarNode)?.Value ?? throw Wrong(node, $"{what} is not a plain text");

    private CommandFailure Wrong(YamlNode node, string why) => Wrong($"line {node.Start.Line}: {why}");

    private CommandFailure Wrong(string why) =>
        CommandFailure.Usage($"cannot use the configuration file {Path}: {why}", "correct the file, or move it away and start with `goqueue context set`");

    private static JsonObject ToDocument(ContextBook book)
    {
        JsonObject root = [];
        if (book.Current is not null)
        {
            root["current-context"] = book.Current;
        }

        JsonArray list = [];
        foreach (CliContext context in book.Contexts.Values)
        {
            JsonObject map = new() { ["name"] = context.Name };
            if (context.Server is not null)
            {
                map["server"] = context.Server;
            }

            if (context.Output is not null)
            {
                map["output"] = context.Output;
            }

            list.Add((JsonNode)map);
        }

        root["contexts"] = list;
        return root;
    }
}
