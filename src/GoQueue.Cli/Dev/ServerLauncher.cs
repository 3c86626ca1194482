using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;

namespace GoQueue.Cli.Dev;

/// <summary>
/// The hidden step between <c>goqueue dev</c> and the server. It moves into a process group of its own, asks the kernel for SIGTERM when its
/// parent dies (a killed <c>goqueue dev</c> leaves no server behind), says <see cref="LaunchedLine"/>, and becomes the server.
/// <para>
/// A SIGTERM that came while this step still ran would be taken by the runtime's handler and be gone with it: nobody would ask the server again.
/// So whoever starts it kills it until the line was said, which costs nothing as no server is there yet; from the line on SIGTERM ends whatever runs.
/// </para>
/// </summary>
internal static class ServerLauncher
{
    public const string CommandName = "__server";

    /// <summary>What it prints before it becomes the server: from here on SIGTERM is heard.</summary>
    public const string LaunchedLine = """{"event":"launched"}""";

    public static void AddTo(CommandTree tree)
    {
        Argument<string[]> command = new("command") { Arity = ArgumentArity.OneOrMore };
        tree.Add(null, new Command(CommandName) { command }.Hide(), CommandText.None, session => Task.FromResult(Become(session.Get(command))));
    }

    private static ExitCode Become(string[] command)
    {
        int parent = NativeMethods.ParentProcess();
        _ = NativeMethods.SetProcessGroup(0, 0);
        _ = NativeMethods.ProcessControl(NativeMethods.ParentDeathSignal, NativeMethods.SigTerm);
        if (NativeMethods.ParentProcess() != parent)
        {
            return ExitCode.Interrupted; // It died between the two calls and nobody would be told.
        }

        NativeMethods.ResetSignal(NativeMethods.SigTerm);
        using (Stream output = Console.OpenStandardOutput())
        {
            output.Write(Encoding.ASCII.GetBytes(LaunchedLine + "\n"));
        }

        _ = NativeMethods.Execute(command[0], [.. command, null]);
        throw CommandFailure.Refused(
            $"cannot start {command[0]}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}", "build it again, or name another in GOQUEUE_SERVER_EXE");
    }
}
