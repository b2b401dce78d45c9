using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace FeatureStore.SystemTests.Feast;

/// <summary>What was recorded of Feast's own server, asked of this one. Where the two are meant to differ stands in deviations.json.</summary>
[Collection(FeastStack.Collection)]
public sealed partial class ReplayTests(FeastStack shared)
{
    private readonly IReadOnlyList<Deviation> _deviations = Deviation.ReadAll();
    private readonly HashSet<Deviation> _used = [];

    [Fact]
    public async Task Every_transcript_is_answered_as_it_was_but_for_what_is_listed()
    {
        var transcripts = FeastFiles.Transcripts.Select(name => (name, json: FeastFiles.Fixture(name))).ToList();
        Assert.Equal(13, transcripts.Count);

        // The services' clock is the real one, so what was recorded is moved to now, in whole seconds.
        var recordedAt = DateTimeOffset.Parse((string)transcripts[0].json["exchanges"]![0]!["response"]!["headers"]!["date"]!, CultureInfo.InvariantCulture);
        var shift = TimeSpan.FromSeconds(Math.Floor((TimeProvider.System.GetUtcNow() - recordedAt).TotalSeconds));
        var differences = new List<string>();
        foreach (var (name, json) in transcripts)
        {
            await GiveAsync(name, shift);
            var exchanges = json["exchanges"]!.AsArray();
            for (var i = 0; i < exchanges.Count; i++)
            {
                differences.AddRange((await ReplayAsync(name, i + 1, exchanges[i]!, shift)).Select(difference => $"{name} {i + 1} {difference}"));
            }
        }

        differences.AddRange(_deviations.Except(_used).Select(unused => $"The deviation {unused.Transcript} {unused.Exchange} {unused.Path} is never used."));
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    /// <summary>Writes what a transcript found in the store and no transcript before it wrote.</summary>
    private async Task GiveAsync(string transcript, TimeSpan shift)
    {
        if (FeastFiles.Read("given.json")[transcript] is { } rows)
        {
            var written = await shared.Stack.Ingest.Send(HttpMethod.Post, "/features", Shift(rows.ToJsonString(), shift));
            Assert.True(written.Status == System.Net.HttpStatusCode.OK, written.Body);
        }
    }

    private async Task<IReadOnlyList<string>> ReplayAsync(string transcript, int number, JsonNode exchange, TimeSpan shift)
    {
        var (request, response) = (exchange["request"]!, exchange["response"]!);
        using var message = new HttpRequestMessage(HttpMethod.Parse((string)request["method"]!), (string)request["path"]!);
        if ((string)request["body"]! is { Length: > 0 } body)
        {
            message.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Shift(body, shift)));
            if (Header(request, "content-type") is { } type)
            {
                message.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
            }
        }

        using var reply = await shared.Stack.Api.SendAsync(message, TestContext.Current.CancellationToken);
        var answered = await reply.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        if ((int)reply.StatusCode != (int)response["status"]!)
        {
            return [$"status: {response["status"]} is expected, not {(int)reply.StatusCode}: {answered}"];
        }

        if (reply.Content.Headers.ContentType?.MediaType != Header(response, "content-type"))
        {
            return [$"content-type: {Header(response, "content-type")} is expected, not {reply.Content.Headers.ContentType}"];
        }

        var expected = AnswerComparison.Read(Shift((string)response["body"]!, shift));
        foreach (var deviation in _deviations.Where(one => one.Transcript == transcript && one.Exchange == number))
        {
            if (expected is not null && deviation.Apply(expected))
            {
                _used.Add(deviation);
            }
        }

        return [.. AnswerComparison.Differences(expected, AnswerComparison.Read(answered))];
    }

    private static string? Header(JsonNode message, string name) =>
        (string?)message["headers"]!.AsObject().FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    private static string Shift(string text, TimeSpan shift) => Times().Replace(text, time =>
        DateTime.ParseExact(time.Value, "s", CultureInfo.InvariantCulture) is { Year: > 1970 } recorded ? (recorded + shift).ToString("s", CultureInfo.InvariantCulture) : time.Value);

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")]
    private static partial Regex Times();
}
