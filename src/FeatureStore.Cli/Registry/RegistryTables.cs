using System.Globalization;
using System.Text;
using FeatureStore.Cli.History;
using FeatureStore.Model;
using Spectre.Console;

namespace FeatureStore.Cli.Registry;

/// <summary>Shows what is declared to a person, in tables.</summary>
/// <param name="registry">What is declared.</param>
/// <param name="facts">What history knows of views, by name; null where that is not known.</param>
/// <param name="console">Where it is shown.</param>
internal sealed class RegistryTables(Model.Registry registry, IReadOnlyDictionary<string, ViewFacts>? facts, CliConsole console)
{
    private static readonly string[] ViewFactColumns = ["rows", "entities", "oldest event", "newest event", "bytes"];
    private static readonly string[] FeatureFactColumns = ["rows", "null rate", "newest event"];

    private readonly IAnsiConsole _results = console.Results();
    private bool _hasHeading;

    /// <summary>Everything, a line each.</summary>
    public void WriteAll()
    {
        Write("Entities", ["entity", "keys", "views", "owner"], registry.Entities.Values.Select(entity => (string[])
        [
            entity.Name, RegistrySummary.Of(entity), string.Join(", ", registry.ViewsOf(entity.Name).Select(view => view.Name)), entity.Description.Owner ?? "",
        ]));
        Write("Feature views", ["view", "entity", "features", "ttl", "freshness", "serving", "owner", .. facts is null ? [] : ViewFactColumns], registry.Views.Values.Select(view => (string[])
        [
            view.Name, view.Entity, Features(view), Text(view.Ttl), Text(view.Freshness), RegistrySummary.Serving(view), view.Description.Owner ?? "", .. Facts(view),
        ]));
        Write("Feature services", ["service", "features", "owner"], registry.Services.Values.Select(service => (string[])
        [
            service.Name, string.Join(", ", service.Features), service.Description.Owner ?? "",
        ]));
    }

    public void Write(Entity entity)
    {
        Heading($"entity {entity.Name}");
        Describe(entity.Description, ("views", string.Join(", ", registry.ViewsOf(entity.Name).Select(view => view.Name))));
        Write("", ["key", "type"], entity.Keys.Select(key => (string[])[key.Name, FeatureType.NameOf(key.Type)]));
    }

    public void Write(FeatureView view)
    {
        Heading($"view {view.Name}");
        Describe(
            view.Description,
            ("entity", $"{view.Entity} ({RegistrySummary.Of(registry.Entities[view.Entity])})"),
            ("ttl", view.Ttl is null ? "none: values are served for ever" : Text(view.Ttl)),
            ("freshness", Text(view.Freshness)),
            ("serving", RegistrySummary.Serving(view)),
            ("lateness", Text(view.Lateness)),
            ("retention", view.Retention is null ? "" : $"{Text(view.Retention)} of history"),
            ("preload", view.IsPreloaded ? "all entities are read into memory at the start" : ""),
            ("open", view.IsOpen ? "takes features that are not declared too" : ""),
            ("push sources", string.Join(", ", view.PushSources)),
            ("history", InHistory(view)),
            ("services", string.Join(", ", registry.Services.Values.Where(service => service.Features.Any(feature => feature.View == view.Name)).Select(service => service.Name))));
        Write("", ["feature", "type", "default", "description", "owner", "tags", .. facts is null ? [] : FeatureFactColumns], view.Features.Select(feature => (string[])
        [
            feature.Name, feature.Type.ToString(), feature.Default ?? "", feature.Description.Text ?? "", feature.Description.Owner ?? "", Tags(feature.Description), .. Facts(view, feature),
        ]));
    }

    public void Write(FeatureService service)
    {
        Heading($"service {service.Name}");
        Describe(service.Description);
        Write("", ["feature", "type", "entity"], service.Features.Select(feature => (string[])
        [
            feature.ToString(), registry.Views[feature.View].Find(feature.Feature)?.Type.ToString() ?? "any", registry.Views[feature.View].Entity,
        ]));
    }

    /// <summary>The cells of <see cref="ViewFactColumns"/>.</summary>
    private string[] Facts(FeatureView view) => facts is null ? []
        : facts.GetValueOrDefault(view.Name) is { } known ? [Number(known.Rows), Number(known.Entities), known.OldestEvent, known.NewestEvent, Number(known.Bytes)]
        : ["0", "0", "", "", "0"];

    /// <summary>The cells of <see cref="FeatureFactColumns"/>.</summary>
    private string[] Facts(FeatureView view, Feature feature) => facts is null ? []
        : facts.GetValueOrDefault(view.Name)?.Features.GetValueOrDefault(feature.Name) is { } known
            ? [Number(known.Rows), string.Create(CultureInfo.InvariantCulture, $"{known.NullRate * 100:0.##} %"), known.NewestEvent ?? ""]
        : ["0", "", ""];

    private string InHistory(FeatureView view) => facts is null ? ""
        : facts.GetValueOrDefault(view.Name) is { } known
            ? $"{Number(known.Rows)} rows of {Number(known.Entities)} entities from {known.OldestEvent} to {known.NewestEvent}, {Number(known.Bytes)} bytes in {Number(known.Files)} {(known.Files == 1 ? "file" : "files")}"
        : "no rows yet";

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private void Describe(Description description, params (string Name, string Value)[] members)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in members.Prepend(("owner", description.Owner ?? "")).Prepend(("description", description.Text ?? "")).Append(("tags", Tags(description))))
        {
            if (value.Length > 0)
            {
                text.Append(TerminalText.VisibleLine($"{name}: {value}")).Append('\n');
            }
        }

        _results.Write(new Text(text.ToString()));
    }

    private void Write(string title, string[] columns, IEnumerable<string[]> rows)
    {
        var table = new Table { Border = console.OutputIsTerminal ? TableBorder.Rounded : TableBorder.Ascii, UseSafeBorder = true };
        table.AddColumns(columns);
        foreach (var row in rows)
        {
            table.AddRow(row.Select(cell => new Text(TerminalText.VisibleLine(cell))));
        }

        if (table.Rows.Count > 0)
        {
            if (title.Length > 0)
            {
                Heading(title);
            }

            _results.Write(table);
        }
    }

    private void Heading(string text)
    {
        _results.Write(new Text((_hasHeading ? "\n" : "") + text + "\n", new Style(decoration: Decoration.Bold)));
        _hasHeading = true;
    }

    private static string Features(FeatureView view) => string.Join(", ", view.Features.Select(feature => $"{feature.Name}: {feature.Type}").Concat(view.IsOpen ? ["any others"] : []));

    private static string Text(TimeSpan? duration) => duration is { } given ? Duration.Format(given) : "";

    private static string Tags(Description description) => string.Join(", ", description.Tags.Select(tag => $"{tag.Key}={tag.Value}"));
}
