using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.DeadLetters;

/// <summary><c>featurestore dead-letters list|show|retry|drop</c>: the events that could not be taken in.</summary>
internal static class DeadLettersCommand
{
    private static readonly Argument<long[]> Numbers = new("NUMBER") { Description = "Numbers, as list shows them", Arity = ArgumentArity.ZeroOrMore };

    private static readonly Argument<long> Number = new("NUMBER") { Description = "A number, as list shows it" };

    private static readonly Option<bool> All = new("--all") { Description = "Every dead letter" };

    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask" };

    private static readonly Option<bool> Json = new("--json") { Description = "Print one JSON object a line" };

    private static readonly Option<int> Limit = new("--limit") { Description = "How many to show at the most", HelpName = "N", DefaultValueFactory = _ => 100 };

    private static readonly Option<string?> Endpoint = new("--endpoint")
    {
        Description = "feature-ingest's address [default: $FEATURESTORE_INGEST or http://localhost:8081]",
        HelpName = "URL",
    };

    public static Command Create(CliConsole console)
    {
        var list = new Command("list", "Show the events that could not be taken in, and why.") { Limit, Json, Endpoint };
        list.SetAction((parsed, stop) => WithClientAsync(parsed, console, client => ListAsync(client, parsed.GetValue(Limit), parsed.GetValue(Json), console, stop)));
        var show = new Command("show", "Print one event as it came.") { Number, Endpoint };
        show.SetAction((parsed, stop) => WithClientAsync(parsed, console, client => ShowAsync(client, parsed.GetValue(Number), console, stop)));
        var retry = new Command("retry", "Take events in again, once what was wrong is mended.") { Numbers, All, Endpoint };
        retry.SetAction((parsed, stop) => WithClientAsync(parsed, console, client => EachAsync(client, parsed, "retried", RetryAsync, console, stop)));
        var drop = new Command("drop", "Give events up.") { Numbers, All, Yes, Endpoint };
        drop.SetAction((parsed, stop) => WithClientAsync(parsed, console, client => DropAsync(client, parsed, console, stop)));
        return new Command("dead-letters", "Events that could not be taken in.") { list, show, retry, drop };
    }

    private static async Task<int> WithClientAsync(ParseResult parsed, CliConsole console, Func<ServiceClient, Task<int>> run)
    {
        var service = ServiceEndpoint.Resolve("feature-ingest", parsed.GetValue(Endpoint), "FEATURESTORE_INGEST", "http://localhost:8081", console);
        using var client = new ServiceClient(service, console);
        return await run(client);
    }

    private static async Task<int> ListAsync(ServiceClient client, int limit, bool json, CliConsole console, CancellationToken stop)
    {
        if (limit < 1)
        {
            throw new UsageException("--limit must be at least 1.");
        }

        var shown = 0;
        await foreach (var letter in PagesAsync(client, stop))
        {
            if (shown++ == limit)
            {
                console.Error.WriteLine($"There are more: raise --limit above {limit}.");
                break;
            }

            console.Out.WriteLine(json ? letter.Text : Describe(letter));
        }

        if (shown == 0)
        {
            console.Error.WriteLine("There are no dead letters.");
        }

        return ExitCode.Success;
    }

    private static async Task<int> ShowAsync(ServiceClient client, long number, CliConsole console, CancellationToken stop)
    {
        if (await client.SendAsync(HttpMethod.Get, $"/dead-letters/{Text(number)}", stop) is not { } body)
        {
            return Missing(number, console);
        }

        var (text, isText) = client.Read(body, letter => letter.TryGetProperty("event", out var found)
            ? (found.GetString()!, true)
            : (letter.GetProperty("event_base64").GetString()!, false));
        if (!isText)
        {
            console.Error.WriteLine("The event is not text; it is shown in base64.");
        }

        console.Out.WriteLine(console.OutputIsTerminal ? TerminalText.Visible(text) : text);
        return ExitCode.Success;
    }

    private static async Task<bool> RetryAsync(ServiceClient client, long number, CliConsole console, CancellationToken stop)
    {
        if (await client.SendAsync(HttpMethod.Post, $"/dead-letters/{Text(number)}/retry", stop) is not { } body)
        {
            return false;
        }

        var (applied, superseded) = client.Read(body, reply => (reply.GetProperty("applied").GetInt32(), reply.GetProperty("superseded").GetInt32()));
        console.Out.WriteLine($"{Text(number)}: taken in. Rows applied: {applied}, superseded by newer ones: {superseded}");
        return true;
    }

    private static async Task<int> DropAsync(ServiceClient client, ParseResult parsed, CliConsole console, CancellationToken stop)
    {
        CheckNamed(parsed);
        var what = parsed.GetValue(All) ? "every dead letter" : $"dead letter {string.Join(", ", parsed.GetValue(Numbers) ?? [])}";
        if (!parsed.GetValue(Yes) && !Confirmation.Ask($"Give {what} up for good?", console))
        {
            console.Error.WriteLine("Nothing was dropped.");
            return ExitCode.Failure;
        }

        return await EachAsync(
            client, parsed, "dropped", async (client, number, console, stop) =>
            {
                var found = await client.SendAsync(HttpMethod.Delete, $"/dead-letters/{Text(number)}", stop) is not null;
                if (found)
                {
                    console.Out.WriteLine($"{Text(number)}: dropped");
                }

                return found;
            },
            console, stop);
    }

    /// <summary>Does something to each letter that is named; what fails for one does not keep it from the others.</summary>
    private static async Task<int> EachAsync(
        ServiceClient client, ParseResult parsed, string done, Func<ServiceClient, long, CliConsole, CancellationToken, Task<bool>> act,
        CliConsole console, CancellationToken stop)
    {
        CheckNamed(parsed);
        var numbers = parsed.GetValue(Numbers) ?? [];
        var exit = ExitCode.Success;
        await foreach (var number in parsed.GetValue(All) ? NumbersAsync(client, stop) : numbers.ToAsyncEnumerable())
        {
            try
            {
                if (!await act(client, number, console, stop))
                {
                    exit = Missing(number, console);
                }
            }
            catch (CommandFailedException e) when (e.InnerException is null)
            {
                console.Error.WriteLine($"{Text(number)}: not {done}. {TerminalText.Visible(e.Message)}");
                exit = ExitCode.Failure;
            }
        }

        return exit;
    }

    private static void CheckNamed(ParseResult parsed)
    {
        if (parsed.GetValue(All) == parsed.GetValue(Numbers) is { Length: > 0 })
        {
            throw new UsageException("Give the numbers of dead letters, as list shows them, or --all.");
        }
    }

    private static async IAsyncEnumerable<long> NumbersAsync(
        ServiceClient client, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        await foreach (var letter in PagesAsync(client, stop))
        {
            yield return letter.Number;
        }
    }

    /// <summary>All letters, a page at a time.</summary>
    private static async IAsyncEnumerable<Letter> PagesAsync(
        ServiceClient client, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        for (long? after = 0; after is not null;)
        {
            var body = await client.SendAsync(HttpMethod.Get, $"/dead-letters?after={Text(after.Value)}", stop) ?? [];
            var (letters, next) = client.Read(body, page => (
                page.GetProperty("dead_letters").EnumerateArray().Select(Read).ToList(),
                page.TryGetProperty("after", out var more) && more.ValueKind == JsonValueKind.Number ? more.GetInt64() : (long?)null));
            foreach (var letter in letters)
            {
                yield return letter;
            }

            after = next;
        }
    }

    private static Letter Read(JsonElement letter) => new(
        letter.GetProperty("number").GetInt64(),
        letter.GetProperty("received_at").GetString() ?? "",
        letter.TryGetProperty("event_id", out var id) ? id.GetString() : null,
        [.. letter.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString() ?? "")],
        letter.GetProperty("event_bytes").GetInt32(),
        letter.GetRawText());

    private static string Describe(Letter letter)
    {
        var text = new StringBuilder(
            $"{Text(letter.Number)}  {letter.ReceivedAt}  {letter.EventBytes} bytes{(letter.EventId is null ? "" : $"  event {letter.EventId}")}");
        foreach (var reason in letter.Reasons)
        {
            text.Append("\n    ").Append(TerminalText.VisibleLine(reason));
        }

        return TerminalText.Visible(text.ToString());
    }

    private static int Missing(long number, CliConsole console)
    {
        console.Error.WriteLine($"{Text(number)}: there is no such dead letter.");
        return ExitCode.Failure;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed record Letter(long Number, string ReceivedAt, string? EventId, IReadOnlyList<string> Reasons, int EventBytes, string Text);
}
