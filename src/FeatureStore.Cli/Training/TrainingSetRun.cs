using System.Globalization;
using FeatureStore.Cli.Ingest;
using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.Training;

/// <summary>Has a training set made and fetches it.</summary>
internal sealed class TrainingSetRun(TrainingSetOptions options, CliConsole console)
{
    private const int Fetches = 3;

    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(1);

    public async Task<int> RunAsync(CancellationToken stop)
    {
        var started = console.Time.GetTimestamp();
        using var client = new TrainingSetClient(options.Service, console);
        using var file = new SetFile(options.OutputPath);
        TrainingJob done;
        await using (var progress = new SetProgress(console, "sending the events"))
        {
            var job = await BeginAsync(client, progress, stop);
            try
            {
                done = await WaitAsync(client, job, progress, stop);
                await FetchAsync(client, done, file, progress, stop);
                file.Commit();
            }
            finally
            {
                if (!await client.DeleteAsync(job.Id))
                {
                    console.Error.WriteLine($"The training set could not be deleted at {options.Service.Name}; it lets go of it by itself after some hours.");
                }
            }
        }

        Write(done, console.Time.GetElapsedTime(started));
        await new UnmatchedFeatures(done, options.Service, console).WriteAsync(stop);
        return ExitCode.Success;
    }

    private async Task<TrainingJob> BeginAsync(TrainingSetClient client, SetProgress progress, CancellationToken stop)
    {
        try
        {
            await using var events = new CountedStream(options.EventsPath, part => progress.Report("sending the events", part));
            return await client.BeginAsync(events, options.EventsType, options.Query, stop);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--events: {options.EventsPath} cannot be read: {e.Message}");
        }
    }

    private async Task<TrainingJob> WaitAsync(TrainingSetClient client, TrainingJob begun, SetProgress progress, CancellationToken stop)
    {
        var (job, look) = (begun, FirstLook);
        var heard = console.Time.GetTimestamp();
        while (!job.IsDone)
        {
            if (job.IsFailed)
            {
                throw new CommandFailedException($"The training set cannot be made:{string.Concat(job.Errors.Select(error => $"\n  - {error}"))}");
            }

            progress.Report(job.Status == "queued" ? "waiting for other training sets" : "making the set", job.Progress);
            await Task.Delay(look, console.Time, stop);
            look = look < LongestLook ? look * 1.5 : LongestLook;
            var (next, cause) = await client.AskAsync(job.Id, stop);
            if (next is not null)
            {
                (job, heard) = (next, console.Time.GetTimestamp());
                continue;
            }

            progress.Report($"waiting for {options.Service.Name} at {options.Service.Address}: {cause}", job.Progress);
            if (console.Time.GetElapsedTime(heard) > options.Patience)
            {
                throw new CommandFailedException(options.Service.GivenUp(options.Patience, cause!) + " Running the same command again is safe.");
            }
        }

        return job;
    }

    private static async Task FetchAsync(TrainingSetClient client, TrainingJob job, SetFile file, SetProgress progress, CancellationToken stop)
    {
        for (var fetch = 1; ; fetch++)
        {
            try
            {
                var (bytes, sha256) = await client.FetchAsync(
                    job.Id, body => file.WriteAsync(body, came => progress.Report("fetching the set", (double)came / Math.Max(1, job.Bytes)), stop), stop);
                if ((bytes, sha256) == (job.Bytes, job.Sha256))
                {
                    return;
                }

                throw new CommandFailedException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"What came is not the training set that was made: {bytes:N0} bytes of SHA-256 {sha256}, and not {job.Bytes:N0} of {job.Sha256}. Nothing was written. Run the same command again."));
            }
            catch (CommandFailedException e) when (e.InnerException is not null && fetch < Fetches)
            {
                // The connection was cut: what came is fetched anew.
            }
        }
    }

    private void Write(TrainingJob job, TimeSpan elapsed)
    {
        var events = job.Events == 1 ? "1 event" : string.Create(CultureInfo.InvariantCulture, $"{job.Events:N0} events");
        console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{events} with {(job.Features.Count == 1 ? "1 feature" : $"{job.Features.Count} features")} in {elapsed.TotalSeconds:N1} s; have a value:"));
        var nameWidth = job.Features.Max(feature => Name(feature).Length);
        var width = job.Events.ToString("N0", CultureInfo.InvariantCulture).Length;
        foreach (var feature in job.Features)
        {
            var share = job.Events == 0 ? 0 : (double)feature.Matched / job.Events;
            console.Out.WriteLine(TerminalText.VisibleLine(string.Create(
                CultureInfo.InvariantCulture, $"  {Name(feature).PadRight(nameWidth)}  {feature.Matched.ToString("N0", CultureInfo.InvariantCulture).PadLeft(width)}  {share * 100:N1} %")));
        }

        console.Out.WriteLine(TerminalText.VisibleLine(string.Create(CultureInfo.InvariantCulture, $"{options.OutputPath}: {job.Bytes:N0} bytes")));
        console.Out.WriteLine($"SHA-256 {job.Sha256}");
    }

    private static string Name(TrainingColumn feature) =>
        feature.Feature.EndsWith(":" + feature.Column, StringComparison.Ordinal) ? feature.Feature : $"{feature.Feature} as {feature.Column}";
}
