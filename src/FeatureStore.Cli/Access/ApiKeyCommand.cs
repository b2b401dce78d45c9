using System.Buffers.Text;
using System.CommandLine;
using System.Security.Cryptography;
using System.Text;

namespace FeatureStore.Cli.Access;

/// <summary><c>featurestore api-key NAME</c>: makes an API key, and the settings by which a service knows it.</summary>
internal static class ApiKeyCommand
{
    private const int RandomBytes = 32;

    private static readonly Argument<string> Name = new("NAME") { Description = "Whose key it is, as logs and limits show it" };

    private static readonly Option<string[]> Rights = CreateRights();

    public static Command Create(CliConsole console)
    {
        var command = new Command("api-key", "Make an API key, and the settings by which a service knows it.") { Name, Rights };
        command.SetAction(parsed => Run(parsed.GetValue(Name)!, parsed.GetValue(Rights)!, console));
        return command;
    }

    private static int Run(string name, string[] rights, CliConsole console)
    {
        if (name.Length == 0 || name.Any(TerminalText.IsUnsafe))
        {
            throw new UsageException("A key's name is one line of text.");
        }

        var key = "fs_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));
        console.Out.WriteLine($"""
            The key, for the caller. It is shown this once; the service keeps its hash alone:
              {key}

            The settings, for the service (number the keys 0, 1, …), beside APP_API_TOKEN:
              Access__ApiKeys__0__Name={name}
              Access__ApiKeys__0__Sha256={Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}
            """);
        foreach (var (right, i) in rights.Distinct().Select((right, i) => (right, i)))
        {
            console.Out.WriteLine($"  Access__ApiKeys__0__Rights__{i}={(right == "read" ? "Read" : "Write")}");
        }

        return ExitCode.Success;
    }

    private static Option<string[]> CreateRights()
    {
        var rights = new Option<string[]>("--right")
        {
            Description = "What it allows: read or write; repeatable",
            HelpName = "RIGHT",
            DefaultValueFactory = _ => ["read"],
        };
        rights.AcceptOnlyFromAmong("read", "write");
        return rights;
    }
}
