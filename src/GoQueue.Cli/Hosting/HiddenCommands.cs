using System.CommandLine;

namespace GoQueue.Cli.Hosting;

/// <summary>Commands for our own use: not in the help, the reference or completion.</summary>
internal static class HiddenCommands
{
    public static Command Hide(this Command command)
    {
        command.Hidden = true;
        return command;
    }
}
