using BenchmarkDotNet.Running;
using GoQueue.Benchmarks;

// `dotnet run -c Release --project tests/GoQueue.Benchmarks -- --filter '*Builder*' --job short`
BenchmarkSwitcher.FromAssembly(typeof(RecordBatchBuilderBenchmarks).Assembly).Run(args);
