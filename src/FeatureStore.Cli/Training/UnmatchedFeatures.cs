using System.Globalization;
using FeatureStore.Cli.History;
using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.Training;

/// <summary>Says what may be the matter with features that have no value for any event.</summary>
internal sealed class UnmatchedFeatures(TrainingJob job, ServiceEndpoint service, CliConsole console)
{
    public async Task WriteAsync(CancellationToken stop)
    {
        var unmatched = job.Events == 0 ? [] : job.Features.Where(feature => feature.Matched == 0).GroupBy(feature => feature.Feature.Split(':')[0]).ToList();
        if (unmatched.Count == 0)
        {
            return;
        }

        var (views, _) = await StatisticsClient.AskAsync(service, console, stop);
        foreach (var view in unmatched)
        {
            var names = string.Join(", ", view.Select(feature => feature.Feature));
            console.Error.WriteLine(TerminalText.VisibleLine($"Note: {names} {(view.Count() == 1 ? "has" : "have")} no value for any event. {Hint(view.Key, views)}"));
        }
    }

    private static string Hint(string view, IReadOnlyDictionary<string, ViewFacts>? views)
    {
        if (views is null)
        {
            return "Are the ids of the events those of the view, and are its rows older than the events?";
        }

        return views.TryGetValue(view, out var facts)
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"History has {facts.Rows:N0} rows of {view}, from {facts.OldestEvent} to {facts.NewestEvent}: a row counts only for events after it. Are the ids of the events those of the view, and are the events later? Data that has no times of its own is dated with `featurestore ingest --at TIME`.")
            : $"History has no row of {view}.";
    }
}
