namespace FeatureStore.Cli.Registry;

/// <summary>A registry as it stands in files, with where each part of it stands.</summary>
/// <param name="Registry">What is declared; without what has faults.</param>
/// <param name="Faults">Every fault of every file, in the order of files and lines.</param>
/// <param name="Positions">Where each value stands, by its JSON pointer.</param>
internal sealed record DeclaredRegistry(
    Model.Registry Registry, IReadOnlyList<YamlFault> Faults, IReadOnlyDictionary<string, SourcePosition> Positions)
{
    /// <summary>Where something stands: at its place, or at the nearest one around it; null if what it belongs to is not declared.</summary>
    /// <param name="pointer">A JSON pointer into the registry.</param>
    public SourcePosition? Find(string pointer)
    {
        // What stands around an item is the section, which says nothing of an item that is not there.
        for (var at = pointer; at.Length > 0; at = at[..at.LastIndexOf('/')])
        {
            if ((at == pointer || at.LastIndexOf('/') > 0) && Positions.TryGetValue(at, out var position))
            {
                return position;
            }
        }

        return null;
    }

    /// <summary>Shows the faults.</summary>
    /// <returns>Whether there are any.</returns>
    public bool ShowFaults(CliConsole console)
    {
        foreach (var fault in Faults)
        {
            console.Error.WriteLine(TerminalText.VisibleLine(fault.ToString()));
        }

        if (Faults.Count > 0)
        {
            console.Error.WriteLine(Faults.Count == 1 ? "1 fault was found." : $"{Faults.Count} faults were found.");
        }

        return Faults.Count > 0;
    }
}
