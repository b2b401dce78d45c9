using System.Globalization;
using FeatureStore.History;
using FeatureStore.Model;

namespace FeatureStore.OfflineBenchmarks;

/// <summary>A training set of all features, as the service makes it.</summary>
internal static class JoinCut
{
    public static async Task RunAsync(JoinFiles files, string events, string output, string? memory)
    {
        var history = files.Open();
        var spill = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(output))!, "spill");
        var clock = Measured.Start();
        var result = await new TrainingSetCut(new TrainingSetOptions { MemoryLimit = memory, TemporaryFolder = spill }).RunAsync(
            new TrainingSetRequest
            {
                EventsPath = events,
                EventsFormat = TableFormat.Parquet,
                TimeColumn = "at",
                Features = [.. history.Values.OrderBy(view => view.Name, StringComparer.Ordinal)
                    .SelectMany(view => view.View!.Features.Select(feature => new FeatureReference(view.Name, feature.Name)))],
                OutputPath = output,
                OutputFormat = TableFormat.Parquet,
            },
            history, null, CancellationToken.None);
        clock.End().Print();
        await Console.Error.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"{result.Events} events, {result.Features[0].Matched} with a value of {result.Features[0].Feature}, {result.Bytes} bytes"));
    }
}
