using FeatureStore.Model;
using Spectre.Console;

namespace FeatureStore.Cli.Registry;

/// <summary>Shows the differences between two registries: what is added in green, changed in yellow, removed in red.</summary>
internal sealed class PlanView(Model.Registry from, Model.Registry to, CliConsole console)
{
    private readonly IAnsiConsole _results = console.Results();

    /// <summary>Shows each change, with what would come of it and why it may not be done.</summary>
    public void Write(IEnumerable<RegistryChange> changes)
    {
        foreach (var change in changes)
        {
            var (sign, color) = change.Kind switch
            {
                ChangeKind.Added => ('+', Color.Green),
                ChangeKind.Changed => ('~', Color.Yellow),
                _ => ('-', Color.Red),
            };
            Line($"  {sign} {change.What} {change.Name}{Summary(change)}", new Style(color));
            foreach (var detail in change.Details)
            {
                Line($"      {detail}", Style.Plain);
            }

            foreach (var refusal in change.Refusals)
            {
                Line($"      Refused: {refusal}", new Style(Color.Red, decoration: Decoration.Bold));
            }
        }
    }

    private string Summary(RegistryChange change) => (change.Kind, change.What) switch
    {
        (ChangeKind.Added, "entity") => $" ({RegistrySummary.Of(to.Entities[change.Name])})",
        (ChangeKind.Added, "view") => $" {RegistrySummary.Of(to.Views[change.Name], to.Entities[to.Views[change.Name].Entity])}",
        (ChangeKind.Added, "service") => $": {RegistrySummary.Of(to.Services[change.Name])}",
        (ChangeKind.Removed, "view") => $" of {from.Views[change.Name].Entity}: its data is kept and no longer served",
        _ => "",
    };

    private void Line(string text, Style style) => _results.Write(new Text(TerminalText.VisibleLine(text) + "\n", style));
}
