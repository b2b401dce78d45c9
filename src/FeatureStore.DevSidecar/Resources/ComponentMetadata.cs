using System.Globalization;
using Microsoft.Extensions.Logging;

namespace FeatureStore.DevSidecar.Resources;

/// <summary>Typed reading of a component's metadata. What was never asked for is reported as unknown.</summary>
internal sealed partial class ComponentMetadata(ComponentResource component, ILogger logger)
{
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    public string Text(string name, string otherwise = "")
    {
        _known.Add(name);
        return component.Metadata.TryGetValue(name, out var value) && value.Length > 0 ? value : otherwise;
    }

    /// <summary>Names that daprd knows and that mean nothing here.</summary>
    public void Accept(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            _known.Add(name);
        }
    }

    public bool Flag(string name) => Text(name) is { } text && (text is "1" || (bool.TryParse(text, out var value) && value));

    public int Integer(string name, int otherwise) => Text(name) is not { Length: > 0 } text ? otherwise
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
        : throw Wrong(name, text);

    public long? OptionalInteger(string name) => Text(name) is not { Length: > 0 } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
        : throw Wrong(name, text);

    /// <summary>A Go duration, or a number of milliseconds.</summary>
    public TimeSpan Duration(string name, TimeSpan otherwise)
    {
        var text = Text(name);
        return text.Length == 0 ? otherwise
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milliseconds) ? TimeSpan.FromMilliseconds(milliseconds)
            : GoDuration.TryParse(text, out var duration) ? duration
            : throw Wrong(name, text);
    }

    /// <summary>A number of milliseconds; daprd silently ignores any other text, here the log tells.</summary>
    public TimeSpan Milliseconds(string name, TimeSpan otherwise)
    {
        var text = Text(name);
        if (text.Length == 0)
        {
            return otherwise;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milliseconds))
        {
            return TimeSpan.FromMilliseconds(milliseconds);
        }

        Log.NotMilliseconds(logger, component.Name, name, text, otherwise);
        return otherwise;
    }

    public void WarnOfUnknown()
    {
        foreach (var name in component.Metadata.Keys)
        {
            if (!_known.Contains(name))
            {
                Log.Unknown(logger, component.Name, component.Type, name);
            }
        }
    }

    private SidecarConfigurationException Wrong(string name, string text) =>
        new($"{component.File}: component {component.Name}: metadata {name} '{text}' is not understood");

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Component {Component} ({Type}): DevSidecar does not know the metadata field {Name}, it is ignored")]
        public static partial void Unknown(ILogger logger, string component, string type, string name);

        [LoggerMessage(LogLevel.Warning, "Component {Component}: {Name} takes whole milliseconds; '{Text}' is ignored and {Otherwise} applies")]
        public static partial void NotMilliseconds(ILogger logger, string component, string name, string text, TimeSpan otherwise);
    }
}
