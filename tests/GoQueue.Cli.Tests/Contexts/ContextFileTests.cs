using System.Runtime.Versioning;
using GoQueue.Cli.Contexts;
using GoQueue.Cli.Failures;
using GoQueue.Testing;

namespace GoQueue.Cli.Tests.Contexts;

public sealed class ContextFileTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string FilePath => Path.Combine(folder.Path, "deep", "config.yaml");

    [Fact]
    public void What_was_written_is_read_back()
    {
        ContextBook book = ContextBook.Empty
            .With(new CliContext("prod", "broker.example:9000", "json"))
            .With(new CliContext("cluster", "n1:9000,n2:9000", null))
            .With(new CliContext("123", "[::1]:9000", null))
            .With(new CliContext("true", null, "yaml")) with
        { Current = "123" };
        ContextFile file = new(FilePath);

        file.Write(book);

        ContextBook back = file.Read();
        Assert.Equal(book.Current, back.Current);
        Assert.Equal(book.Contexts, back.Contexts);
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void Only_the_owner_can_read_the_file_even_if_it_was_open_to_all_before()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        File.WriteAllText(FilePath, "contexts: []\n");
        File.SetUnixFileMode(FilePath, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead | UnixFileMode.GroupRead);

        new ContextFile(FilePath).Write(ContextBook.Empty);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
        Assert.Single(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(FilePath)!));
    }

    [Fact]
    public void A_file_that_is_not_there_or_empty_holds_nothing()
    {
        Assert.Empty(new ContextFile(FilePath).Read().Contexts);
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        foreach (string text in new[] { string.Empty, "# nothing yet\n", "---\n", "contexts: []\n" })
        {
            File.WriteAllText(FilePath, text);
            Assert.Empty(new ContextFile(FilePath).Read().Contexts);
        }
    }

    [Theory]
    [InlineData("contexts: {}\n", "not a list")]
    [InlineData("contexts:\n- name: a\n- name: a\n", "twice")]
    [InlineData("contexts:\n- server: x\n", "needs a name")]
    [InlineData("contexts:\n- name: 'a b'\n", "needs a name")]
    [InlineData("contexts:\n- name: a\n  sever: x\n", "unknown key sever")]
    [InlineData("curent-context: a\n", "unknown key curent-context")]
    [InlineData("- a\n", "expected 'key: value'")]
    [InlineData("contexts: [\n", "line")]
    [InlineData("contexts:\n- name: a\n  server: [x]\n", "server is not a plain text")]
    public void A_mistake_in_the_file_is_a_usage_error_that_names_it(string text, string expected)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        File.WriteAllText(FilePath, text);

        CommandFailure failure = Assert.Throws<CommandFailure>(() => new ContextFile(FilePath).Read());

        Assert.Equal(ExitCode.Usage, failure.Code);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Contains(FilePath, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_file_is_found_by_variable_then_xdg_then_home()
    {
        Assert.Equal("x/y", Locate(("GOQUEUE_CLI_CONFIG", "x/y"), ("XDG_CONFIG_HOME", "/xdg")));
        Assert.Equal("/xdg/goqueue/config.yaml", Locate(("XDG_CONFIG_HOME", "/xdg"), ("HOME", "/h")));
        Assert.Equal("/h/.config/goqueue/config.yaml", Locate(("XDG_CONFIG_HOME", "not/absolute"), ("HOME", "/h")));
        Assert.Equal("/h/.config/goqueue/config.yaml", Locate(("HOME", "/h")));

        static string Locate(params (string Name, string Value)[] variables) =>
            ContextFile.Locate(name => variables.FirstOrDefault(pair => pair.Name == name).Value).Path;
    }

    public void Dispose() => folder.Dispose();
}
