using Microsoft.AspNetCore.Http;

namespace FeatureStore.Cli.Tests.DeadLetters;

/// <summary><c>dead-letters</c>: what a person sees of them and does about them.</summary>
public sealed class DeadLettersTests
{
    private const string First = """{"version":1,"number":3,"received_at":"2026-11-23T10:00:00Z","event_id":"e-1","reasons":["An entity id must not be empty.","And \u001b[31mmore."],"event_bytes":12,"event":"{\"a\":1}"}""";
    private const string Second = """{"version":1,"number":7,"received_at":"2026-11-23T11:00:00Z","event_id":null,"reasons":["The event is not valid UTF-8."],"event_bytes":3,"event_base64":"AAH/"}""";

    /// <summary>Two pages of one letter each; of 7 the rows still have faults.</summary>
    private static Task AnswerAsync(HttpContext context, string[] lines, int number) => (context.Request.Method, context.Request.Path.Value + context.Request.QueryString) switch
    {
        ("GET", "/dead-letters?after=0") => StandInService.JsonAsync(context, 200, $$"""{"dead_letters":[{{First}}],"after":3}"""),
        ("GET", "/dead-letters?after=3") => StandInService.JsonAsync(context, 200, $$"""{"dead_letters":[{{Second}}],"after":null}"""),
        ("GET", "/dead-letters/3") => StandInService.JsonAsync(context, 200, First),
        ("GET", "/dead-letters/7") => StandInService.JsonAsync(context, 200, Second),
        ("POST", "/dead-letters/3/retry") => StandInService.JsonAsync(context, 200, """{"number":3,"applied":2,"superseded":1}"""),
        ("POST", "/dead-letters/7/retry") => StandInService.JsonAsync(context, 422, """{"title":"The event still has faults.","status":422,"detail":"The event is not valid UTF-8."}"""),
        ("DELETE", "/dead-letters/3" or "/dead-letters/7") => NoContentAsync(context),
        _ => StandInService.JsonAsync(context, 404, """{"title":"There is no such dead letter.","status":404}"""),
    };

    private static Task NoContentAsync(HttpContext context)
    {
        context.Response.StatusCode = 204;
        return Task.CompletedTask;
    }

    private static async Task<(CommandLine Run, string[] Calls)> RunAsync(string[] args, bool terminal = false, string? answer = null)
    {
        await using var service = await StandInService.StartAsync(AnswerAsync);
        var run = await CommandLine.RunAsync(["dead-letters", .. args, "--endpoint", service.Address], terminal: terminal, answer: answer);
        return (run, [.. service.Calls.Select(call => $"{call.Method} {call.Target}")]);
    }

    [Fact]
    public async Task AListShowsEveryPageWithReasonsThatSteerNoTerminal()
    {
        var (run, _) = await RunAsync(["list"]);
        Assert.Equal(
            """
            3  2026-11-23T10:00:00Z  12 bytes  event e-1
                An entity id must not be empty.
                And \u001b[31mmore.
            7  2026-11-23T11:00:00Z  3 bytes
                The event is not valid UTF-8.

            """,
            run.Out);
        Assert.Equal(0, run.Exit);
    }

    [Fact]
    public async Task AListHasALimitAndSaysSo()
    {
        var (run, _) = await RunAsync(["list", "--limit", "1", "--json"]);
        Assert.Equal(First + "\n", run.Out);
        Assert.Contains("There are more", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnEventIsShownAsItCame()
    {
        Assert.Equal("{\"a\":1}\n", (await RunAsync(["show", "3"])).Run.Out);
        var (binary, _) = await RunAsync(["show", "7"]);
        Assert.Equal("AAH/\n", binary.Out);
        Assert.Contains("base64", binary.Error, StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync(["show", "8"])).Run.Exit);
    }

    [Fact]
    public async Task RetryingAllTellsOfEachAndFailsIfOneIsLeft()
    {
        var (run, calls) = await RunAsync(["retry", "--all"]);
        Assert.Equal(["POST /dead-letters/3/retry", "POST /dead-letters/7/retry"], calls.Where(call => call.StartsWith("POST", StringComparison.Ordinal)));
        Assert.Equal("3: taken in. Rows applied: 2, superseded by newer ones: 1\n", run.Out);
        Assert.Contains("7: not retried. feature-ingest: The event still has faults. (422)", run.Error, StringComparison.Ordinal);
        Assert.Equal(1, run.Exit);
    }

    [Fact]
    public async Task OnesThatAreNotThereAreNamed()
    {
        var (run, _) = await RunAsync(["retry", "8", "3"]);
        Assert.Contains("8: there is no such dead letter.", run.Error, StringComparison.Ordinal);
        Assert.Contains("3: taken in.", run.Out, StringComparison.Ordinal);
        Assert.Equal(1, run.Exit);
    }

    [Fact]
    public async Task DroppingAsksFirst()
    {
        Assert.Equal(2, (await RunAsync(["drop", "3"])).Run.Exit);
        var (no, untouched) = await RunAsync(["drop", "--all"], terminal: true, answer: "n");
        Assert.Equal((1, 0), (no.Exit, untouched.Length));
        var (yes, calls) = await RunAsync(["drop", "3", "7"], terminal: true, answer: "y");
        Assert.Equal(0, yes.Exit);
        Assert.Equal(["DELETE /dead-letters/3", "DELETE /dead-letters/7"], calls);
    }

    [Theory]
    [InlineData("retry")]
    [InlineData("retry", "3", "--all")]
    [InlineData("retry", "three")]
    [InlineData("drop", "--yes")]
    [InlineData("list", "--limit", "0")]
    public async Task ACommandThatNamesNothingOrTooMuchIsAMistake(params string[] args)
    {
        var (run, calls) = await RunAsync(args);
        Assert.Equal(2, run.Exit);
        Assert.Empty(calls);
    }

    [Theory]
    [InlineData("See `featurestore dead-letters retry --help`.", "retry", "three")]
    [InlineData("See `featurestore dead-letters --help`.", "lst")]
    public async Task AMistakePointsToTheHelpOfItsOwnCommand(string expected, params string[] args)
    {
        var run = await CommandLine.RunAsync(["dead-letters", .. args]);
        Assert.Equal(2, run.Exit);
        Assert.EndsWith(expected + "\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SomethingElseAtTheAddressIsNamed()
    {
        await using var service = await StandInService.StartAsync((context, _, _) => StandInService.JsonAsync(context, 200, "[]"));
        var run = await CommandLine.RunAsync(["dead-letters", "list", "--endpoint", service.Address]);
        Assert.Equal(1, run.Exit);
        Assert.Contains("does not answer as feature-ingest does", run.Error, StringComparison.Ordinal);
    }
}
