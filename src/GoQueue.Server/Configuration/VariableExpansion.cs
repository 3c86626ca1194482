using System.Text;

namespace GoQueue.Server.Configuration;

/// <summary>
/// <c>${NAME}</c> and <c>${NAME:default}</c> in values of the file. Expanded after the file is parsed, so that a value can never become
/// structure, and once: what a variable holds is not looked at again. <c>$${</c> is a plain <c>${</c>.
/// </summary>
internal static class VariableExpansion
{
    public static bool TryExpand(string text, Func<string, string?> variable, out string result)
    {
        StringBuilder expanded = new(text.Length);
        int at = 0;
        while (at < text.Length)
        {
            int mark = text.IndexOf("${", at, StringComparison.Ordinal);
            if (mark < 0)
            {
                break;
            }

            if (mark > at && text[mark - 1] == '$')
            {
                expanded.Append(text, at, mark - 1 - at).Append("${");
                at = mark + 2;
                continue;
            }

            int end = text.IndexOf('}', mark);
            if (end < 0)
            {
                result = $"'${{' at position {mark} is not closed";
                return false;
            }

            string inside = text[(mark + 2)..end];
            int colon = inside.IndexOf(':');
            string name = colon < 0 ? inside : inside[..colon];
            string? value = variable(name) ?? (colon < 0 ? null : inside[(colon + 1)..]);
            if (value is null)
            {
                result = $"variable {name} is not set and has no default; write ${{{name}:default}}";
                return false;
            }

            expanded.Append(text, at, mark - at).Append(value);
            at = end + 1;
        }

        result = expanded.Append(text, at, text.Length - at).ToString();
        return true;
    }
}
