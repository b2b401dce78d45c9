using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using FeatureStore.MicroBenchmarks;

// In this process: what is asked of a benchmark here is what is allocated, which a build of its own would not change.
var config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
BenchmarkSwitcher.FromAssembly(typeof(ColdReadBenchmark).Assembly).Run(args, config);
