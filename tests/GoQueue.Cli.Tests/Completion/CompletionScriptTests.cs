using System.Diagnostics;
using GoQueue.Cli.Tests.Running;

namespace GoQueue.Cli.Tests.Completion;

/// <summary>The bash script is loaded by a real bash and asked as bash asks it.</summary>
public sealed class CompletionScriptTests
{
    [Theory]
    [InlineData("goqueue cont", "context")]
    [InlineData("goqueue context us", "use")]
    [InlineData("goqueue version -o js", "json")]
    [InlineData("goqueue version --output=js", "json")]
    [InlineData("goqueue completion ", "bash,fish,zsh")]
    public async Task Bash_completes_a_line(string line, string expected)
    {
        // COMP_WORDS is what bash itself makes of the line with its own word breaks; = is one of them.
        const string Script = """
            PATH="$1:$PATH"
            source <(goqueue completion bash) || exit 9
            line=$2
            COMP_LINE=$line COMP_POINT=${#line}
            spaced=${line//=/ = }
            read -ra COMP_WORDS <<< "$spaced"
            [[ $line == *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
            complete -p goqueue > /dev/null || exit 8
            _goqueue
            printf '%s\n' "${COMPREPLY[@]}" | sort
            """;
        ProcessStartInfo start = new("bash", ["--norc", "-c", Script, "bash", AppContext.BaseDirectory, line]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment.TryAdd("DOTNET_ROOT", Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")));
        using Process bash = Process.Start(start)!;
        Task<string> errors = bash.StandardError.ReadToEndAsync();
        string output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();

        Assert.Equal((0, string.Empty), (bash.ExitCode, await errors));
        Assert.Equal(expected.Split(','), output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Every_script_asks_the_hidden_command(string shell)
    {
        CommandOutcome outcome = await GoQueueProcess.RunAsync("completion", shell);

        Assert.Equal(0, outcome.Code);
        Assert.Contains("__complete --", outcome.Text, StringComparison.Ordinal);
    }
}
