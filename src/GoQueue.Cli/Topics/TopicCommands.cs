using System.CommandLine;
using System.Globalization;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;
using GoQueue.Cli.Output;
using GoQueue.Client;
using GoQueue.Core;

namespace GoQueue.Cli.Topics;

/// <summary><c>goqueue topic</c>.</summary>
internal static class TopicCommands
{
    private const int MostPartitions = 10_000;

    public static void AddTo(CommandTree tree)
    {
        Command group = tree.AddGroup(null, new Command("topic", "Create, list, describe, alter and delete topics."), CommandText.None);
        AddCreate(tree, group);
        AddList(tree, group);
        AddDescribe(tree, group);
        AddAlter(tree, group);
        AddPartitions(tree, group);
        AddDelete(tree, group);
    }

    private static void AddCreate(CommandTree tree, Command group)
    {
        Argument<string> name = new("topic") { Description = "Name of the topic: 1 to 249 of A-Z a-z 0-9 . _ -" };
        Option<long?> partitions = OptionOf.Whole("--partitions", [], "Number of partitions, 1 to 10000. Default: the server's, usually 3.", "COUNT", 1, MostPartitions);
        Option<bool> ifNotExists = OptionOf.Flag("--if-not-exists", "Succeed when the topic exists already; its settings stay as they are.");
        TopicSettingOptions settings = new();
        Command command = new("create", "Create a topic.") { name, partitions, ifNotExists };
        settings.AddTo(command);
        tree.Add(
            group,
            command,
            new CommandText(
                string.Empty,
                ("goqueue topic create orders", "with the defaults"),
                ("goqueue topic create orders --partitions 12 --retention 30d --max-message-bytes 4MiB", "with settings"),
                ("goqueue topic create payments --replication-factor 3 --min-in-sync-replicas 2", "three copies, of which two must have a message before it is acknowledged"),
                ("goqueue topic create prices --cleanup-policy compact --config segmentMs=3600000", "keep the last value of every key")),
            session => session.WithClientAsync(async client =>
            {
                string topic = session.Get(name);
                TopicConfiguration configuration = settings.Read(session);
                try
                {
                    TopicDescription created = await client.Admin.CreateTopicAsync(topic, (int)(session.Get(partitions) ?? 0), configuration, session.Cancel);
                    Report(session, created, $"topic {topic} created with {Count(created.Partitions.Count, "partition")}");
                }
                catch (GoQueueException e) when (e.Code == ErrorCode.TopicAlreadyExists && session.Get(ifNotExists))
                {
                    // Names that differ only in case collide, too; describing the name as typed tells the two apart.
                    Report(session, await client.Admin.DescribeTopicAsync(topic, session.Cancel), $"topic {topic} exists already");
                }

                return ExitCode.Ok;
            }));
    }

    private static void AddList(CommandTree tree, Command group) => tree.Add(
        group,
        new Command("list", "List the topics."),
        new CommandText(string.Empty, ("goqueue topic list -o json | jq -r '.[].name'", "only the names")),
        session => session.WithClientAsync(async client =>
        {
            session.Results.Write(TopicResult.OfMany(await client.Admin.ListTopicsAsync(session.Cancel)));
            return ExitCode.Ok;
        }));

    private static void AddDescribe(CommandTree tree, Command group)
    {
        Argument<string> name = tree.ExistingTopic();
        tree.Add(
            group,
            new Command("describe", "Show the settings and the partitions of a topic.") { name },
            CommandText.None,
            session => session.WithClientAsync(async client =>
            {
                session.Results.Write(TopicResult.OfOne(await client.Admin.DescribeTopicAsync(session.Get(name), session.Cancel)));
                return ExitCode.Ok;
            }));
    }

    private static void AddAlter(CommandTree tree, Command group)
    {
        Argument<string> name = tree.ExistingTopic();
        Option<long?> expected = OptionOf.Whole("--expected-version", [], "Refuse unless the topic still has this version (see describe).", "VERSION", 0, long.MaxValue);
        TopicSettingOptions settings = new();
        Command command = new("alter", "Change settings of a topic while it is in use; what is not given stays.") { name, expected };
        settings.AddTo(command);
        tree.Add(
            group,
            command,
            new CommandText(string.Empty, ("goqueue topic alter orders --retention 14d --retention-bytes 10GiB", "keep messages longer, but not too many")),
            session => session.WithClientAsync(async client =>
            {
                TopicConfiguration changes = settings.Read(session);
                if (changes == new TopicConfiguration())
                {
                    throw CommandFailure.Usage("nothing to change", "give at least one setting, for example --retention 14d");
                }

                TopicDescription altered = await client.Admin.AlterTopicAsync(session.Get(name), changes, session.Get(expected), session.Cancel);
                Report(session, altered, $"topic {altered.Name} changed; it has version {altered.Version} now");
                return ExitCode.Ok;
            }));
    }

    private static void AddPartitions(CommandTree tree, Command group)
    {
        Argument<string> name = tree.ExistingTopic();
        Option<long?> total = OptionOf.Whole("--total", [], "How many partitions there are to be.", "COUNT", 1, MostPartitions);
        total.Required = true;
        Option<long?> expected = OptionOf.Whole("--expected-version", [], "Refuse unless the topic still has this version (see describe).", "VERSION", 0, long.MaxValue);
        tree.Add(
            group,
            new Command("add-partitions", "Add partitions to a topic while it is in use.") { name, total, expected },
            new CommandText(
                "The widest key ranges are halved. Keys of a moved half go to another partition from then on; what was published of them before stays where it is.",
                ("goqueue topic add-partitions orders --total 12", "twelve in all")),
            session => session.WithClientAsync(async client =>
            {
                TopicDescription altered = await client.Admin.AddPartitionsAsync(session.Get(name), (int)session.Get(total)!.Value, session.Get(expected), session.Cancel);
                Report(session, altered, $"topic {altered.Name} has {Count(altered.Partitions.Count, "partition")} now");
                return ExitCode.Ok;
            }));
    }

    private static void AddDelete(CommandTree tree, Command group)
    {
        Argument<string> name = tree.ExistingTopic();
        Option<bool> ifExists = OptionOf.Flag("--if-exists", "Succeed when there is no such topic.");
        tree.Add(
            group,
            new Command("delete", "Delete a topic with all its messages. There is no way back.") { name, ifExists },
            CommandText.None,
            session => session.WithClientAsync(async client =>
            {
                try
                {
                    await client.Admin.DeleteTopicAsync(session.Get(name), session.Cancel);
                    session.Notices.Say($"topic {session.Get(name)} deleted");
                }
                catch (GoQueueException e) when (e.Code == ErrorCode.UnknownTopic && session.Get(ifExists))
                {
                    session.Notices.Say($"topic {session.Get(name)} does not exist");
                }

                return ExitCode.Ok;
            }));
    }

    // People get a sentence, programs get the topic.
    private static void Report(Session session, TopicDescription topic, string sentence)
    {
        session.Notices.Say(sentence);
        if (session.Format != OutputFormat.Table)
        {
            session.Results.Write(TopicResult.OfOne(topic));
        }
    }

    private static string Count(int count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? string.Empty : "s")}");
}
