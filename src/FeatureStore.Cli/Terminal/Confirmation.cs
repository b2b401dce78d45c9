namespace FeatureStore.Cli;

/// <summary>Asks before something is done that matters.</summary>
internal static class Confirmation
{
    /// <summary>Whether the user says yes.</summary>
    /// <exception cref="UsageException">Nobody can be asked.</exception>
    public static bool Ask(string question, CliConsole console)
    {
        CheckPossible(question, console);
        console.Error.Write(question + " [y/N] ");
        console.Error.Flush();
        return console.ReadLine()?.Trim().ToLowerInvariant() is "y" or "yes";
    }

    /// <summary>Refuses to go on where nobody can be asked.</summary>
    public static void CheckPossible(string question, CliConsole console)
    {
        if (!console.InputIsTerminal || !console.ErrorIsTerminal)
        {
            throw new UsageException($"Nobody can be asked here, so give --yes to do it: {question}");
        }
    }
}
