using Microsoft.AspNetCore.Http;

namespace FeatureStore.Cli.Tests.Read;

/// <summary><c>get</c>: what is asked, what is shown.</summary>
public sealed class GetTests
{
    private static async Task<(CommandLine Run, string[] Targets)> GetAsync(string reply, int status, string[] args, bool terminal = false)
    {
        await using var service = await StandInService.StartAsync((context, _, _) => StandInService.JsonAsync(context, status, reply));
        var run = await CommandLine.RunAsync(["get", .. args, "--endpoint", service.Address], terminal: terminal);
        return (run, [.. service.Calls.Select(call => call.Target)]);
    }

    [Fact]
    public async Task ATableShowsExactValues()
    {
        var (run, targets) = await GetAsync(
            """{"entity_id":"123","features":{"user_age":"42","n":1.0,"big":9007199254740993,"country":"TR","none":null,"empty":"","o":{"a": [1]},"[red]":"[bold]x[/]"}}""",
            200, ["123"]);
        Assert.Equal(0, run.Exit);
        Assert.Equal(["/features?entity_id=123"], targets);
        Assert.Contains("| user_age | \"42\"", run.Out, StringComparison.Ordinal);
        Assert.Contains("| n        | 1.0 ", run.Out, StringComparison.Ordinal);
        Assert.Contains("| 9007199254740993 |", run.Out, StringComparison.Ordinal);
        Assert.Contains("| country  | TR ", run.Out, StringComparison.Ordinal);
        Assert.Contains("| none     | null ", run.Out, StringComparison.Ordinal);
        Assert.Contains("| empty    | \"\" ", run.Out, StringComparison.Ordinal);
        Assert.Contains("| {\"a\": [1]} ", run.Out, StringComparison.Ordinal);
        Assert.Contains("| \"[bold]x[/]\" ", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IdsViewsAndFeaturesOfAnyCharactersAreAskedFor()
    {
        var (_, targets) = await GetAsync(
            """{"entity_id":"x","features":{}}""", 200, ["--key", "a/b", "--key", "%2F &=ü", "--view", "v", "--feature", "f", "--feature", "g+", "--metadata"]);
        Assert.Equal(["/features?entity_id=a%2Fb&entity_id=%252F%20%26%3D%C3%BC&view=v&feature=f&feature=g%2B&metadata=true"], targets);
    }

    [Fact]
    public async Task MetadataShowsStatusAndExpiryAlsoOfWhatHasNoValue()
    {
        var (run, _) = await GetAsync(
            """
            {"entity_id":"EWR","features":{"temp":39.02},"metadata":{
              "temp":{"view":"airport_weather","status":"PRESENT","event_timestamp":"2026-11-23T10:00:00Z","expires_at":null,"age_seconds":7261.5,"stale":true},
              "wind":{"view":"airport_weather","status":"EXPIRED","event_timestamp":"2026-11-23T07:00:00Z","expires_at":"2026-11-23T08:00:00Z","age_seconds":3.25,"stale":false}}}
            """,
            200, ["EWR", "--metadata"]);
        Assert.Matches(@"\| temp +\| 39\.02 +\| airport_weather \| PRESENT +\| 2026-11-23T10:00:00Z \| never +\| 7261\.5 s, stale", run.Out);
        Assert.Matches(@"\| wind +\| +\| airport_weather \| EXPIRED +\| 2026-11-23T07:00:00Z \| 2026-11-23T08:00:00Z \| 3\.25 s ", run.Out);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhatSteersATerminalIsShownNotObeyed(bool terminal)
    {
        var (run, _) = await GetAsync(
            "{\"entity_id\":\"\\u001b[2J\",\"features\":{\"a\\u0007\":\"\\u001b]0;x\\u0007\",\"b\":\"\u009b2J\u202e\",\"c\":[\"\u009b\"]}}",
            200, ["x"], terminal);
        Assert.DoesNotContain('\u0007', run.Out);
        Assert.DoesNotContain('\u009b', run.Out);
        Assert.DoesNotContain('\u202e', run.Out);
        Assert.DoesNotContain("\u001b[2J", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b]0", run.Out, StringComparison.Ordinal);
        Assert.Contains("\\u001b]0;x", run.Out, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task JsonIsTheExactTextOnALineEach()
    {
        var (run, _) = await GetAsync("{\"entity_id\":\"a\",\n \"features\":{\"n\":1.0,\"s\":\"\\u00e9\"}}", 200, ["a", "b", "--json"]);
        Assert.Equal("{\"entity_id\":\"a\",  \"features\":{\"n\":1.0,\"s\":\"\\u00e9\"}}\n{\"entity_id\":\"a\",  \"features\":{\"n\":1.0,\"s\":\"\\u00e9\"}}\n", run.Out);
    }

    [Fact]
    public async Task EntityServiceAndDefaultsAreAskedFor()
    {
        var (_, targets) = await GetAsync("""{"entity_id":"x","features":{}}""", 200, ["x", "--entity", "airport", "--service", "m_v1", "--defaults"]);
        Assert.Equal(["/features?entity_id=x&entity=airport&service=m_v1&defaults=true"], targets);
    }

    [Fact]
    public async Task ANameThatNobodyDeclaredIsNotTakenForAnEntityThatIsMissing()
    {
        var (run, _) = await GetAsync(
            """{"title":"The request has faults.","status":404,"detail":"There is no view 'w'. Did you mean 'v'?","errors":[{"detail":"There is no view 'w'. Did you mean 'v'?","member":"view"}]}""",
            404, ["x", "--view", "w"]);
        Assert.Equal(1, run.Exit);
        Assert.Equal("feature-api: The request has faults. (404)\nThere is no view 'w'. Did you mean 'v'?\n", run.Error);
    }

    [Fact]
    public async Task WhatIsNotFoundIsSaidAndTheOthersAreShown()
    {
        await using var service = await StandInService.StartAsync((context, _, number) => number == 1
            ? StandInService.JsonAsync(context, 404, """{"title":"Not found","status":404}""")
            : StandInService.JsonAsync(context, 200, """{"entity_id":"b","features":{"n":1}}"""));
        var run = await CommandLine.RunAsync(["get", "a", "b", "--view", "v", "--endpoint", service.Address]);
        Assert.Equal(1, run.Exit);
        Assert.Equal("a: nothing is found in view v.\n", run.Error);
        Assert.Contains("| n       | 1     |", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AProblemIsPrintedWithAllItsErrors()
    {
        var (run, _) = await GetAsync(
            """{"title":"Bad request","status":400,"detail":"Two faults.","errors":[{"detail":"no such view","parameter":"view"},{"detail":"no\u001b","parameter":"feature"}]}""",
            400, ["a"]);
        Assert.Equal(1, run.Exit);
        Assert.Equal("feature-api: Bad request (400)\nTwo faults.\n  - parameter view: no such view\n  - parameter feature: no\\u001b\n", run.Error);
    }

    [Fact]
    public async Task AServiceThatIsAwayIsNamedWithTheFix()
    {
        var run = await CommandLine.RunAsync(["get", "a"], variables: new Dictionary<string, string> { ["FEATURESTORE_API"] = "http://127.0.0.1:1" });
        Assert.Equal(1, run.Exit);
        Assert.Equal("feature-api is not reachable at http://127.0.0.1:1 (connection refused). Start it with `featurestore up`, or give --endpoint.\n", run.Error);
    }

    [Theory]
    [InlineData("<html>", 200, "does not answer as feature-api does")]
    [InlineData("[]", 200, "does not answer as feature-api does")]
    public async Task SomethingElseAtTheAddressIsNamed(string reply, int status, string message)
    {
        var (run, _) = await GetAsync(reply, status, ["a"]);
        Assert.Equal(1, run.Exit);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("No entity is named")]
    [InlineData("Give either ENTITY or --key", "a", "--key", "b")]
    public async Task EntitiesMustBeNamedOneWay(string message, params string[] args)
    {
        var run = await CommandLine.RunAsync(["get", .. args]);
        Assert.Equal(2, run.Exit);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }
}
