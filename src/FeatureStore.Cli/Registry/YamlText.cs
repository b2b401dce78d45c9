using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace FeatureStore.Cli.Registry;

/// <summary>The documents of a text in YAML, or what is wrong with it and where.</summary>
internal static class YamlText
{
    /// <summary>Reads the documents; none with a fault if it is not valid.</summary>
    public static IEnumerable<YamlDocument> Read(string file, string yaml, List<YamlFault> faults)
    {
        var stream = new YamlStream();
        var parser = new Parser(new StringReader(yaml));
        try
        {
            stream.Load(parser);
            return stream.Documents;
        }
        catch (YamlException e)
        {
            faults.Add(new YamlFault(Position(file, yaml, e), $"Not valid YAML: {Reason(e)}"));
        }
        catch (InvalidOperationException)
        {
            // What YamlDotNet throws when a line at the margin follows an open { or [.
            var last = parser.Current?.End ?? Mark.Empty;
            faults.Add(new YamlFault(new SourcePosition(file, last.Line, last.Column), "Not valid YAML: a { or [ is not closed up to here."));
        }

        return [];
    }

    private static SourcePosition Position(string file, string yaml, YamlException e)
    {
        // The parser names the place where the mapping began, or the beginning of the file.
        var (line, column) = e switch
        {
            AnchorNotFoundException => Find(yaml, new Regex($@"\*{Regex.Escape(Anchor(e.Message))}(?![^\s,\]}}])")),
            _ when e.Message.Contains("tab", StringComparison.Ordinal) => Find(yaml, new Regex(@"^[ ]*\t", RegexOptions.Multiline)) with { Column = 1 },
            _ => (0, 0),
        };
        return line > 0 ? new SourcePosition(file, line, column) : new SourcePosition(file, e.Start.Line, e.Start.Column);
    }

    /// <summary>Line and column of the first match, from 1; 0 if there is none.</summary>
    private static (long Line, long Column) Find(string yaml, Regex sought)
    {
        var match = sought.Match(yaml);
        return match.Success
            ? (yaml.AsSpan(0, match.Index).Count('\n') + 1, match.Index - yaml.LastIndexOf('\n', Math.Max(0, match.Index - 1)))
            : (0, 0);
    }

    private static string Anchor(string message) => message.Split('\'') is [_, var name, ..] ? name : "";

    private static string Reason(YamlException e)
    {
        var message = e.InnerException?.Message ?? e.Message;

        // YamlDotNet repeats the place before what is wrong.
        var colon = message.LastIndexOf("): ", StringComparison.Ordinal);
        return colon < 0 ? message : message[(colon + 3)..];
    }
}
