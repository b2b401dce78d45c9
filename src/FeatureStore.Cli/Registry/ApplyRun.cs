using FeatureStore.Model;

namespace FeatureStore.Cli.Registry;

/// <summary>Applies one registry: shows what it changes, asks, and does it over exactly what was shown.</summary>
internal sealed class ApplyRun(DeclaredRegistry declared, RegistryClient client, CliConsole console)
{
    private static readonly TimeSpan TakenUpWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    public async Task<int> RunAsync(string path, bool dryRun, bool yes, CancellationToken stop)
    {
        var served = await client.GetAsync(stop);
        var plan = RegistryPlan.Of(served.Registry, declared.Registry);
        if (plan.Count == 0 && served.Version > 0 && !dryRun)
        {
            // The services serve on by what a store has lost; applying what they serve by puts it back.
            return await ApplyAsync(served, path, stop);
        }

        if (plan.Count == 0)
        {
            console.Out.WriteLine(TerminalText.VisibleLine(
                served.Version == 0 ? $"There is nothing to change: {path} declares nothing, and no registry was applied yet." : $"There is nothing to change: registry version {served.Version} is what {path} declares."));
            return ExitCode.Success;
        }

        console.Out.WriteLine(served.Version == 0
            ? "The first registry. Once it is applied, only what it declares is written and served:"
            : $"Changes to registry version {served.Version}:");
        new PlanView(served.Registry, declared.Registry, console).Write(plan);
        if (plan.Any(change => change.Refusals.Count > 0))
        {
            console.Error.WriteLine("Nothing was applied, because stored data would be misread.");
            return ExitCode.Failure;
        }

        var changes = RegistrySummary.Of(plan.Select(change => change.Kind));
        if (dryRun || !yes)
        {
            // Before anybody is asked: the service knows more than the files do, of what was removed earlier and is stored still.
            if (await client.PutAsync(declared.Registry, served.Version, dryRun: true, stop) is var asked and not ApplyReply.Applied)
            {
                return await RefuseAsync(asked, served, stop);
            }

            if (dryRun)
            {
                console.Out.WriteLine($"Nothing was applied, as this was a dry run: {changes}.");
                return ExitCode.Success;
            }

            if (!Confirmation.Ask($"Apply this: {changes}?", console))
            {
                console.Error.WriteLine("Nothing was applied.");
                return ExitCode.Failure;
            }
        }

        return await ApplyAsync(served, path, stop);
    }

    private async Task<int> ApplyAsync(ServedRegistry served, string path, CancellationToken stop)
    {
        var reply = await client.PutAsync(declared.Registry, served.Version, dryRun: false, stop);
        if (reply is not ApplyReply.Applied applied)
        {
            return await RefuseAsync(reply, served, stop);
        }

        console.Out.WriteLine(TerminalText.VisibleLine(applied.Changes.Count == 0
            ? applied.Version > served.Version
                ? $"The store had lost the registry: it is applied again, as version {applied.Version}."
                : $"There is nothing to change: registry version {applied.Version} is what {path} declares."
            : $"Registry version {applied.Version} is applied: {RegistrySummary.Of(applied.Changes)}. The services take it up within two seconds."));
        return ExitCode.Success;
    }

    private async Task<int> RefuseAsync(ApplyReply reply, ServedRegistry served, CancellationToken stop)
    {
        if (reply is ApplyReply.Outrun outrun)
        {
            await ShowMeanwhileAsync(served, outrun.Version, stop);
            console.Error.WriteLine("Nothing was applied. Take these changes into your files if they are to stay, and run `featurestore apply` again.");
            return ExitCode.Failure;
        }

        foreach (var refusal in ((ApplyReply.Refused)reply).Refusals)
        {
            var place = declared.Find(refusal.Pointer)?.ToString() ?? refusal.Pointer;
            console.Error.WriteLine(TerminalText.VisibleLine(place.Length > 0 ? $"{place}: {refusal.Detail}" : refusal.Detail));
        }

        console.Error.WriteLine("Nothing was applied.");
        return ExitCode.Failure;
    }

    /// <summary>Another one was faster: whoever applies now must know what of it they would undo.</summary>
    private async Task ShowMeanwhileAsync(ServedRegistry served, long version, CancellationToken stop)
    {
        // The replica that answers may not have heard of it yet.
        var asked = console.Time.GetTimestamp();
        var now = await client.GetAsync(stop);
        while (now.Version < version && console.Time.GetElapsedTime(asked) < TakenUpWithin)
        {
            await Task.Delay(Look, console.Time, stop);
            now = await client.GetAsync(stop);
        }

        console.Out.WriteLine($"Meanwhile registry version {now.Version} was applied over version {served.Version}, with these changes:");
        new PlanView(served.Registry, now.Registry, console).Write(RegistryPlan.Of(served.Registry, now.Registry));
    }
}
