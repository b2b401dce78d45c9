using System.Runtime.CompilerServices;
using FeatureStore.Harness;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace FeatureStore.Client.Tests.Streaming;

/// <summary>How a stream becomes requests, and what is done when they fail.</summary>
public sealed class BatchTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_stream_is_read_no_faster_than_its_requests_are_answered()
    {
        var gate = new TaskCompletionSource();
        await using var service = await StandInService.StartAsync(async (context, _) =>
        {
            await gate.Task;
            await AppliedAsync(context, 10);
        });
        var taken = 0;
        var rows = Rows(1000).Select(row =>
        {
            Interlocked.Increment(ref taken);
            return row;
        });
        using var store = service.Client();
        var write = store.WriteManyAsync(rows, new WriteManyOptions { BatchRows = 10, MaxConcurrentBatches = 3 }, Cancel);
        await Wait.UntilAsync(() => Task.FromResult(service.Calls.Count == 3), "three requests");
        Assert.InRange(Volatile.Read(ref taken), 30, 41);
        gate.SetResult();
        Assert.Equal(1000, (await write).Applied);
        Assert.Equal(100, service.Calls.Count);
    }


    [Fact]
    public async Task A_request_has_no_more_bytes_than_it_may_unless_a_row_has()
    {
        await using var service = await StandInService.StartAsync((context, _) => AppliedAsync(context));
        using var store = service.Client();
        var rows = Rows(50).Append(FeatureRow.Merge("large", new { f = new string('x', 5000) })).Concat(Rows(2));
        var written = await store.WriteManyAsync(rows, new WriteManyOptions { BatchBytes = 1024 }, Cancel);
        Assert.Equal(53, written.Applied);
        Assert.All(service.Calls, call => Assert.True(call.Body.Length <= 1024 || Lines(call.Body).Length == 1));
        Assert.InRange(service.Calls.Count, 7, 20);
        Assert.Equal(53, service.Calls.Sum(call => Lines(call.Body).Length));
    }

    [Fact]
    public async Task Only_the_rows_that_failed_are_sent_again_as_the_same_rows()
    {
        await using var service = await StandInService.StartAsync((context, n) => n switch
        {
            1 => StandInService.JsonAsync(context, 503, """
                {"type":"urn:featurestore:unavailable","title":"Rows failed","status":503,"applied":4,"superseded":1,"rejected":1,"failed":4,
                 "errors":[{"line":2,"detail":"no","member":"view"}],"failed_lines":[[3,5],[10,10]]}
                """),
            2 => StandInService.CutAsync(context),
            3 => StandInService.JsonAsync(context, 503, """{"title":"Rows failed","applied":2,"superseded":0,"rejected":1,"failed":1,"errors":[{"line":4,"detail":"no"}],"failed_lines":[[1,1]]}"""),
            _ => AppliedAsync(context, 1),
        });
        using var store = service.Client();
        var written = await store.WriteManyAsync(Rows(10), cancellationToken: Cancel);
        Assert.Equal((7, 1, 2, 10), (written.Applied, written.Superseded, written.Rejected, written.Settled));
        Assert.Equal([1, 9], written.Rejections.Select(row => row.Index));

        var calls = service.Calls.Select(call => Lines(call.Body)).ToList();
        Assert.Equal(4, calls.Count);
        Assert.Equal([calls[0][2], calls[0][3], calls[0][4], calls[0][9]], calls[1]);
        Assert.Equal(calls[1], calls[2]);
        Assert.Equal([calls[0][2]], calls[3]);
    }

    [Theory]
    [InlineData("""{"applied":3,"superseded":0,"rejected":0,"failed":0}""")]
    [InlineData("""{"applied":5,"superseded":0,"rejected":0,"failed":5,"failed_lines":[[1,4]]}""")]
    [InlineData("""{"applied":5,"superseded":0,"rejected":0,"failed":5,"failed_lines":[[8,12]]}""")]
    [InlineData("""{"ok":true}""")]
    [InlineData("it works")]
    public async Task An_answer_that_does_not_account_for_every_row_counts_for_none(string answer)
    {
        await using var service = await StandInService.StartAsync((context, n) => n == 1 ? StandInService.JsonAsync(context, 200, answer) : AppliedAsync(context, 10));
        using var store = service.Client();
        Assert.Equal(10, (await store.WriteManyAsync(Rows(10), cancellationToken: Cancel)).Applied);
        Assert.Single(service.Calls.Select(call => call.Body).Distinct());
        Assert.Equal(2, service.Calls.Count);
    }

    [Fact]
    public async Task A_stream_is_given_up_when_the_store_stays_away_and_says_how_far_it_got()
    {
        await using var service = await StandInService.StartAsync((context, n) => n <= 3 ? AppliedAsync(context, 10) : StandInService.AwayAsync(context));
        using var store = service.Client();
        var ended = false;
        async IAsyncEnumerable<FeatureRow> Endless([EnumeratorCancellation] CancellationToken cancellation = default)
        {
            try
            {
                foreach (var row in Rows(45))
                {
                    yield return row;
                }

                await Task.Delay(Timeout.Infinite, cancellation);
            }
            finally
            {
                ended = true;
            }
        }

        var e = await Assert.ThrowsAsync<WriteManyException>(() => store.WriteManyAsync(
            Endless(Cancel), new WriteManyOptions { BatchRows = 10, MaxConcurrentBatches = 1, MaxRetries = 2, MaxWait = TimeSpan.FromMilliseconds(1) }, Cancel));
        Assert.Equal((30, 30), (e.Result.Applied, e.Result.Settled));
        Assert.IsType<FeatureStoreUnavailableException>(e.InnerException);
        Assert.Equal(6, service.Calls.Count);
        Assert.True(ended);
    }

    [Fact]
    public async Task A_request_that_is_refused_as_such_ends_the_stream_at_once()
    {
        await using var service = await StandInService.StartAsync((context, _) =>
            StandInService.ProblemAsync(context, 403, "urn:featurestore:forbidden", "The API key does not allow this."));
        using var store = service.Client(options => options.ApiKey = "fs_reader");
        var e = await Assert.ThrowsAsync<WriteManyException>(() => store.WriteManyAsync(Rows(10), cancellationToken: Cancel));
        Assert.Contains("does not allow this", e.Message, StringComparison.Ordinal);
        Assert.Equal("Bearer fs_reader", Assert.Single(service.Calls).Headers["Authorization"]);
    }

    [Fact]
    public async Task A_cancelled_stream_ends_at_once_with_what_is_under_way()
    {
        var hang = new TaskCompletionSource();
        await using var service = await StandInService.StartAsync((_, _) => hang.Task);
        using var store = service.Client();
        using var cancel = new CancellationTokenSource();
        var write = store.WriteManyAsync(Rows(1000), new WriteManyOptions { BatchRows = 10 }, cancel.Token);
        await Wait.UntilAsync(() => Task.FromResult(service.Calls.Count == 4), "four requests");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
        hang.SetResult();
    }

    [Fact]
    public async Task What_is_done_with_a_rejected_row_may_end_the_stream()
    {
        await using var service = await StandInService.StartAsync((context, _) => StandInService.JsonAsync(
            context, 422, """{"title":"Rows were rejected.","applied":0,"superseded":0,"rejected":1,"failed":0,"errors":[{"line":1,"detail":"no"}]}"""));
        using var store = service.Client();
        var options = new WriteManyOptions { OnRejected = row => throw new InvalidDataException($"{row}") };
        var e = await Assert.ThrowsAsync<InvalidDataException>(() => store.WriteManyAsync(Rows(1), options, Cancel));
        Assert.Equal("row 0 (r0): no", e.Message);
    }

    [Fact]
    public async Task Wrong_settings_are_all_named()
    {
        using var store = new FeatureStoreClient();
        var options = new WriteManyOptions { BatchRows = 0, BatchBytes = 1, MaxWait = TimeSpan.Zero, MaxConcurrentBatches = 0, MaxRetries = -1, MaxRejections = -1, AttemptTimeout = TimeSpan.Zero };
        var e = await Assert.ThrowsAsync<OptionsValidationException>(() => store.WriteManyAsync(Rows(1), options, Cancel));
        Assert.Equal(7, e.Failures.Count());
        Assert.Contains("BatchRows must lie between 1 and 100000; 0 does not.", e.Failures);
    }

    private static IEnumerable<FeatureRow> Rows(int count) => Enumerable.Range(0, count).Select(i => FeatureRow.Merge($"r{i}", new { n = i }));

    private static string[] Lines(string body) => body.TrimEnd('\n').Split('\n');

    private static Task AppliedAsync(HttpContext context, int? rows = null) => StandInService.JsonAsync(
        context, 200, $$"""{"applied":{{rows ?? (int)context.Items["lines"]!}},"superseded":0,"rejected":0,"failed":0}""");
}
