using System.Text;

namespace GoQueue.Server.Configuration;

/// <summary>For every option the text that won and where it came from. Only accepted texts get in here.</summary>
internal sealed class EffectiveConfiguration
{
    private readonly Dictionary<string, GivenValue> values =
        OptionCatalog.All.ToDictionary(option => option.Key, option => new GivenValue(option.Key, option.Default, OptionSource.Default), StringComparer.Ordinal);

    public T Get<T>(Option<T> option) => option.Parse(values[option.Key].Text);

    public OptionSource SourceOf(Option option) => values[option.Key].Source;

    public string TextOf(Option option) => values[option.Key].Text;

    public void Override(GivenValue value) => values[value.Key] = value;

    /// <summary>YAML that gives the same configuration when read back; each line says where its value came from.</summary>
    public string ToYaml()
    {
        StringBuilder yaml = new();
        string section = string.Empty;
        foreach (Option option in OptionCatalog.All)
        {
            GivenValue value = values[option.Key];
            int dot = option.Key.IndexOf('.');
            string under = dot < 0 ? string.Empty : option.Key[..dot];
            if (under != section)
            {
                yaml.Append(under).Append(":\n");
                section = under;
            }

            yaml.Append(dot < 0 ? string.Empty : "  ").Append(option.Key[(dot + 1)..]).Append(": ").Append(Quote(value.Text))
                .Append(" # ").Append(value.Source).Append('\n');
        }

        return yaml.ToString();
    }

    private static string Quote(string text)
    {
        // Plain when nothing in it can mean something to YAML; "${" would be expanded when read back.
        if (text.Length > 0 && char.IsAsciiLetterOrDigit(text[0]) && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/'))
        {
            return text;
        }

        StringBuilder quoted = new("\"");
        foreach (char c in text.Replace("${", "$${", StringComparison.Ordinal))
        {
            _ = c switch
            {
                '"' or '\\' => quoted.Append('\\').Append(c),
                < ' ' => quoted.Append($"\\x{(int)c:x2}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }
}
