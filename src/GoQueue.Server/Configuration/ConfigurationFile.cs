using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace GoQueue.Server.Configuration;

/// <summary>Reads the YAML file: nested sections or dotted keys, scalars only. Every mistake is reported with its line.</summary>
internal static class ConfigurationFile
{
    /// <summary>More than any real file needs; keeps a wrong path (a device, a log) from being read into memory.</summary>
    private const long MaxBytes = 1 << 20;

    public static void Read(string path, Func<string, string?> variable, List<GivenValue> values, List<string> problems)
    {
        YamlStream yaml = [];
        try
        {
            FileInfo file = new(path);
            if (!file.Exists)
            {
                problems.Add($"--config {path}: there is no such file");
                return;
            }

            if (file.Length > MaxBytes)
            {
                problems.Add($"--config {path}: the file has {file.Length} bytes, at most {MaxBytes} are read");
                return;
            }

            using StreamReader reader = file.OpenText();
            yaml.Load(reader);
        }
        catch (YamlException error)
        {
            problems.Add($"{path}:{error.Start.Line}: not valid YAML: {error.InnerException?.Message ?? error.Message}");
            return;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problems.Add($"--config {path}: cannot be read: {error.Message}");
            return;
        }

        if (yaml.Documents.Count == 0)
        {
            return;
        }

        if (yaml.Documents.Count > 1)
        {
            problems.Add($"{path}: one document is allowed, the file has {yaml.Documents.Count}");
        }

        new Walk(path, variable, values, problems).Node(yaml.Documents[0].RootNode, prefix: string.Empty);
    }

    private sealed class Walk(string path, Func<string, string?> variable, List<GivenValue> values, List<string> problems)
    {
        public void Node(YamlNode node, string prefix)
        {
            switch (node)
            {
                case YamlMappingNode section when prefix.Count(c => c == '.') < 4:
                    foreach ((YamlNode key, YamlNode value) in section.Children)
                    {
                        if (key is YamlScalarNode { Value: { Length: > 0 } name })
                        {
                            Node(value, prefix.Length == 0 ? name : $"{prefix}.{name}");
                        }
                        else
                        {
                            problems.Add($"{Where(key)}: keys are plain text");
                        }
                    }

                    break;
                case YamlScalarNode { Value: null or "" } when prefix.Length == 0:
                    break; // an empty file
                case YamlScalarNode scalar:
                    Scalar(scalar, prefix);
                    break;
                default:
                    problems.Add($"{Where(node)}: {(prefix.Length == 0 ? "the file" : prefix)} must be {(prefix.Length == 0 ? "a mapping of keys to values" : "one value")}");
                    break;
            }
        }

        private void Scalar(YamlScalarNode scalar, string key)
        {
            if (key.Length == 0)
            {
                problems.Add($"{Where(scalar)}: the file must be a mapping of keys to values");
            }
            else if (!VariableExpansion.TryExpand(scalar.Value ?? string.Empty, variable, out string text))
            {
                problems.Add($"{key} = {scalar.Value} ({Where(scalar)}): {text}");
            }
            else if (values.Exists(earlier => earlier.Key == key))
            {
                problems.Add($"{key} ({Where(scalar)}): given twice in the file"); // once nested, once dotted; plain repeats are not valid YAML
            }
            else
            {
                values.Add(new GivenValue(key, text, new OptionSource.File(path, scalar.Start.Line)));
            }
        }

        private string Where(YamlNode node) => $"{path}:{node.Start.Line}";
    }
}
