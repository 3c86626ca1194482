using System.Text;
using Spectre.Console;

namespace GoQueue.Cli.Output;

/// <summary>Rows for people: aligned columns without borders, as kubectl prints them, so that a line is still easy to cut and grep.</summary>
internal sealed class ResultTable(params string[] columns)
{
    // Without a terminal there is no edge to wrap at.
    private const int UnboundedWidth = 4096;

    private readonly List<string[]> rows = [];
    private readonly HashSet<int> rightAligned = [];

    /// <summary>A single value without a heading, for scripts that take it as it is.</summary>
    public static ResultTable Line(string value) => new ResultTable(string.Empty) { HasHeading = false }.Add(value);

    private bool HasHeading { get; init; } = true;

    /// <summary>Numbers read better right-aligned; names the columns that hold them.</summary>
    public ResultTable AlignRight(params string[] names)
    {
        foreach (string name in names)
        {
            rightAligned.Add(Array.IndexOf(columns, name));
        }

        return this;
    }

    public ResultTable Add(params string[] cells)
    {
        rows.Add(cells);
        return this;
    }

    /// <summary>The table as text, every line without trailing blanks.</summary>
    public string Render(bool color)
    {
        using StringWriter text = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = color ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = color ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = UnboundedWidth;
        Table table = new Table { ShowHeaders = HasHeading }.NoBorder();
        for (int i = 0; i < columns.Length; i++)
        {
            TableColumn column = new(new Text(columns[i], new Style(decoration: Decoration.Bold))) { NoWrap = true, Padding = new Padding(0, 0, 3, 0) };
            table.AddColumn(rightAligned.Contains(i) ? column.RightAligned() : column);
        }

        foreach (string[] row in rows)
        {
            table.AddRow(row.Select(cell => new Text(Printable(cell))));
        }

        console.Write(table);
        return string.Concat(text.ToString().Split('\n').Select(line => line.TrimEnd() + "\n")).TrimEnd('\n') + "\n";
    }

    // A name with control characters must not be able to move the cursor or start an escape sequence.
    private static string Printable(string cell)
    {
        if (!cell.Any(char.IsControl))
        {
            return cell;
        }

        StringBuilder text = new(cell.Length);
        foreach (char c in cell)
        {
            text.Append(char.IsControl(c) ? '\uFFFD' : c);
        }

        return text.ToString();
    }
}
