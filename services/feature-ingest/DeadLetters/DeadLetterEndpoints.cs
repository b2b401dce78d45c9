using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FeatureStore.FeatureIngest.Events;
using FeatureStore.Hosting.Access;
using FeatureStore.Hosting.Errors;
using FeatureStore.Hosting.Events;
using FeatureStore.Model;

namespace FeatureStore.FeatureIngest.DeadLetters;

/// <summary><c>/dead-letters</c>: the events that could not be taken in.</summary>
internal static class DeadLetterEndpoints
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1000;

    public static void MapDeadLetters(this WebApplication app)
    {
        app.MapPost("/events/dead-letters", DeliverAsync).Needs(Right.Sidecar).DisableRequestTimeout().ExcludeFromDescription();
        app.MapGet("/dead-letters", ListAsync)
            .Needs(Right.Write)
            .WithSummary("The events that could not be taken in, by number; of large ones only the beginning.")
            .Produces<DeadLetterPage>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        app.MapGet("/dead-letters/{number:long}", GetAsync)
            .Needs(Right.Write)
            .WithSummary("One event that could not be taken in, whole.")
            .Produces<DeadLetter>()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        app.MapPost("/dead-letters/{number:long}/retry", RetryAsync)
            .Needs(Right.Write)
            .WithSummary("Takes the event's rows in; it is gone when all are stored. Rows without a time of their own are true as of when it came.")
            .Produces<DeadLetterRetried>()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        app.MapDelete("/dead-letters/{number:long}", DropAsync)
            .Needs(Right.Write)
            .WithSummary("Gives the event up.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task DeliverAsync(HttpContext context, DeadLetterIngest ingest)
    {
        if (await Delivery.ReadAsync(context) is { } events)
        {
            await Delivery.ReplyAsync(context, await ingest.TakeAsync(events, context.RequestAborted));
        }
    }

    private static async Task ListAsync(HttpContext context, DeadLetterStore letters, long? after, int? limit, CancellationToken cancellationToken)
    {
        if (after < 0 || limit is < 1 or > MaxLimit)
        {
            await Problems.WriteAsync(context, Problems.Of([Fault.Malformed($"after must not be negative, and limit be between 1 and {MaxLimit}.")]));
            return;
        }

        var page = await letters.ListAsync(after ?? 0, limit ?? DefaultLimit, cancellationToken);
        await WriteAsync(context, page, DeadLetterJson.Readable.DeadLetterPage);
    }

    private static async Task GetAsync(HttpContext context, DeadLetterStore letters, long number, CancellationToken cancellationToken)
    {
        if (await letters.FindAsync(number, cancellationToken) is { } found)
        {
            await WriteAsync(context, found.Letter, DeadLetterJson.Readable.DeadLetter);
            return;
        }

        await MissingAsync(context, number);
    }

    private static async Task RetryAsync(HttpContext context, DeadLetterIngest ingest, long number, CancellationToken cancellationToken)
    {
        var faults = new List<Fault>();
        if (await ingest.RetryAsync(number, faults, cancellationToken) is not { } retried)
        {
            await MissingAsync(context, number);
        }
        else if (faults.Count > 0)
        {
            var problem = Problems.Of(faults, "The event still has faults.");
            problem.Status = StatusCodes.Status422UnprocessableEntity;
            await Problems.WriteAsync(context, problem);
        }
        else
        {
            await WriteAsync(context, retried, DeadLetterJson.Readable.DeadLetterRetried);
        }
    }

    private static async Task DropAsync(HttpContext context, DeadLetterStore letters, long number, CancellationToken cancellationToken)
    {
        if (await letters.FindAsync(number, cancellationToken) is not { } found)
        {
            await MissingAsync(context, number);
            return;
        }

        await letters.RemoveAsync(number, found.ETag, cancellationToken);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static Task MissingAsync(HttpContext context, long number) => Problems.WriteAsync(context, Problems.Create(
        StatusCodes.Status404NotFound, Problems.NotFound, "There is no such dead letter.", $"No dead letter has the number {number}: it was retried, dropped or has expired."));

    private static async Task WriteAsync<T>(HttpContext context, T reply, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(context.Response.Body, reply, type, context.RequestAborted);
    }
}
