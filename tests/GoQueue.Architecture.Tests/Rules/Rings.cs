namespace GoQueue.Architecture.Tests.Rules;

/// <summary>One project of <c>src</c>: where it stands and what it may see.</summary>
/// <param name="Ring">0 kernel, 1 pure state machines and storage, 2 async loops, 3 hosts and libraries for users (DESIGN section 2).</param>
/// <param name="Projects">Projects of ours it may reference, directly or by what they bring along.</param>
/// <param name="Packages">Packages it may reference. A third-party package stays in one room.</param>
/// <param name="Assemblies">Assemblies outside the shared framework that its code may call; a trailing * stands for any ending.</param>
internal sealed record Project(string Name, int Ring, string[] Projects, string[] Packages, string[] Assemblies)
{
    public string File => $"src/{Name}/{Name}.csproj";

    /// <summary>Rings 0-2: time, disk, randomness and peers come through ports, so that a simulator can own them.</summary>
    public bool IsSimulated => Ring <= 2;
}

/// <summary>The reference list. References point inwards only; ring-1 projects do not see each other; Broker is where they meet.</summary>
internal static class Rings
{
    private static readonly string[] LoopAssemblies = ["Microsoft.Extensions.*"];

    public static readonly Project[] Projects =
    [
        new("GoQueue.Core", 0, [], ["IronSnappy"], ["IronSnappy"]),

        new("GoQueue.Storage", 1, ["GoQueue.Core"], [], []),
        new("GoQueue.Partitions", 1, ["GoQueue.Core"], [], []),
        new("GoQueue.Replication", 1, ["GoQueue.Core"], [], []),
        new("GoQueue.Metadata", 1, ["GoQueue.Core"], [], []),

        new(
            "GoQueue.Broker",
            2,
            ["GoQueue.Core", "GoQueue.Storage", "GoQueue.Partitions", "GoQueue.Replication", "GoQueue.Metadata"],
            ["Microsoft.Extensions.Diagnostics", "Microsoft.Extensions.Logging.Abstractions"],
            LoopAssemblies),
        new(
            "GoQueue.Consensus",
            2,
            ["GoQueue.Core", "GoQueue.Storage", "GoQueue.Metadata"],
            ["Microsoft.Extensions.Logging.Abstractions"],
            LoopAssemblies),

        new("GoQueue.Contracts", 3, [], ["Google.Protobuf", "Grpc.Tools"], ["Google.Protobuf"]),
        new("GoQueue.Client", 3, ["GoQueue.Contracts", "GoQueue.Core"], [], ["Google.Protobuf"]),
        new(
            "GoQueue.Server",
            3,
            [
                "GoQueue.Broker", "GoQueue.Consensus", "GoQueue.Contracts",
                "GoQueue.Core", "GoQueue.Storage", "GoQueue.Partitions", "GoQueue.Replication", "GoQueue.Metadata",
            ],
            ["Microsoft.AspNetCore.OpenApi", "Serilog", "Serilog.Extensions.Logging", "Serilog.Sinks.Console", "YamlDotNet"],
            ["Google.Protobuf", "Microsoft.AspNetCore*", "Microsoft.Extensions.*", "Microsoft.Net.Http.Headers", "Microsoft.OpenApi*", "Serilog*", "YamlDotNet"]),
        new(
            "GoQueue.Cli",
            3,
            ["GoQueue.Client", "GoQueue.Contracts", "GoQueue.Core"],
            ["Spectre.Console", "System.CommandLine", "YamlDotNet"],
            ["Google.Protobuf", "Spectre.Console*", "System.CommandLine", "YamlDotNet"]),
    ];

    /// <summary>Packages that every project gets from Directory.Build.props: analyzers, which leave nothing in the output.</summary>
    public static readonly string[] AnalyzerPackages = ["Meziantou.Analyzer", "Microsoft.CodeAnalysis.BannedApiAnalyzers"];

    public static Project Find(string name) => Projects.Single(project => project.Name == name);
}
