using System.CommandLine;
using System.CommandLine.Invocation;

namespace GoQueue.Cli.Hosting;

/// <summary>The ordinary help, then notes and examples.</summary>
internal sealed class HelpWithExamples(CommandLineAction help, CommandTree tree) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        ((SynchronousCommandLineAction)help).Invoke(parseResult);
        CommandText text = tree.TextOf(parseResult.CommandResult.Command);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        if (text.Notes.Length > 0)
        {
            output.WriteLine(text.Notes);
            output.WriteLine();
        }

        if (text.Examples.Length > 0)
        {
            output.WriteLine("Examples:");
            foreach ((string line, string meaning) in text.Examples)
            {
                output.WriteLine($"  {line}");
                output.WriteLine($"      {meaning}");
            }
        }

        output.Flush();
        return 0;
    }
}
