using System.Text.Json;
using FeatureStore.Dapr;
using FeatureStore.History;
using FeatureStore.Hosting.Access;
using FeatureStore.Hosting.Bodies;
using FeatureStore.Hosting.Errors;
using FeatureStore.Hosting.OpenApi;
using FeatureStore.Model;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace FeatureStore.FeatureHistory.Training;

/// <summary><c>/training-sets</c>: events are posted, a job makes the set, the set is fetched.</summary>
internal static class TrainingEndpoints
{
    private const string Csv = "text/csv";
    private const string Parquet = "application/vnd.apache.parquet";

    public static void MapTraining(this WebApplication app)
    {
        app.MapPost("/training-sets", PostAsync)
            .Needs(Right.Read)
            .WithSummary("Begins a training set: the body's events, each with the features that the online store would have answered at its time.")
            .WithDescription("The reply names the job; ask for it until it is done, then fetch its data.")
            .WithJsonBody("The events: CSV with a header, or Parquet.", Csv, Parquet)
            .WithQueryParameter("service", "The feature service whose features the set has.")
            .WithQueryParameter("feature", "A feature by its view, such as airport_weather:temp.", repeats: true)
            .WithQueryParameter("id", "A join key, and its column where that is named otherwise: origin, or origin=from_airport.", repeats: true)
            .WithQueryParameter("time", "The column that has the time of each event.")
            .WithQueryParameter("as_of", "From when on a row counts: event (its event timestamp), created (not before it was produced), accepted (when this store had accepted it).")
            .WithQueryParameter("lag", "How much later than their event timestamp rows of a view count, such as airport_weather=15m.", repeats: true)
            .WithQueryParameter("format", "parquet or csv.")
            .Produces<TrainingJobReply>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status415UnsupportedMediaType)
            .ProducesProblem(StatusCodes.Status429TooManyRequests)
            .DisableRequestTimeout();
        app.MapGet("/training-sets/{id}", GetAsync)
            .Needs(Right.Read)
            .WithSummary("How far a training set is.")
            .Produces<TrainingJobReply>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        app.MapGet("/training-sets/{id}/data", GetDataAsync)
            .Needs(Right.Read)
            .WithSummary("The training set, once it is done.")
            .Produces(StatusCodes.Status200OK, contentType: Parquet, additionalContentTypes: Csv)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .DisableRequestTimeout();
        app.MapDelete("/training-sets/{id}", DeleteAsync)
            .Needs(Right.Read)
            .WithSummary("Stops a training set, or lets go of one that is done.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task PostAsync(HttpContext context, TrainingJobs jobs, RegistryWatch registry, TrainingOptions options)
    {
        if (string.IsNullOrEmpty(context.Request.ContentType) || !BodyReader.Matches(context.Request, Csv, Parquet))
        {
            await Problems.WriteAsync(context, BodyReader.Unsupported(context.Request, $"{Csv} or {Parquet}"));
            return;
        }

        var format = BodyReader.Matches(context.Request, Csv) ? TableFormat.Csv : TableFormat.Parquet;
        var faults = new List<Fault>();
        var request = TrainingParameters.Read(context, (await registry.RefreshAsync(context.RequestAborted)).Registry, format, faults);
        if (request is null)
        {
            await Problems.WriteAsync(context, Problems.Of(faults));
            return;
        }

        if (jobs.Create() is not { } job)
        {
            await Problems.WriteAsync(context, Problems.Create(
                StatusCodes.Status429TooManyRequests, Problems.TooMany, "Too many training sets wait.", $"{options.Running} are made at once and {options.Waiting} may wait."));
            return;
        }

        try
        {
            job.Request = request with
            {
                EventsPath = Path.Combine(job.Folder, format == TableFormat.Csv ? "events.csv" : "events.parquet"),
                OutputPath = Path.Combine(job.Folder, request.OutputFormat == TableFormat.Csv ? "set.csv" : "set.parquet"),
            };
            await ReceiveAsync(context, job.Request.EventsPath, options.MaxEventBytes);
        }
        catch
        {
            jobs.Remove(job);
            throw;
        }

        jobs.Start(job);
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.Headers.Location = $"/training-sets/{job.Id}";
        await WriteAsync(context, job);
    }

    private static async Task ReceiveAsync(HttpContext context, string path, long maxBytes)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = maxBytes;
        }

        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        await using var file = File.Create(path);
        await context.Request.Body.CopyToAsync(file, context.RequestAborted);
    }

    private static async Task GetAsync(HttpContext context, TrainingJobs jobs, string id)
    {
        if (await FindAsync(context, jobs, id) is { } job)
        {
            await WriteAsync(context, job);
        }
    }

    private static async Task GetDataAsync(HttpContext context, TrainingJobs jobs, string id)
    {
        if (await FindAsync(context, jobs, id) is not { } job)
        {
            return;
        }

        if (job.Result is not { } result)
        {
            await Problems.WriteAsync(context, Problems.Create(
                StatusCodes.Status409Conflict, Problems.NotDone, "The training set is not done.", job.Faults is { } faults ? string.Join(' ', faults) : $"It is {job.Status}."));
            return;
        }

        context.Response.ContentType = job.Request!.OutputFormat == TableFormat.Csv ? Csv : Parquet;
        context.Response.ContentLength = result.Bytes;
        context.Response.Headers.ETag = $"\"{result.Sha256}\"";
        await context.Response.SendFileAsync(job.Request.OutputPath, context.RequestAborted);
    }

    private static async Task DeleteAsync(HttpContext context, TrainingJobs jobs, string id)
    {
        if (await FindAsync(context, jobs, id) is { } job)
        {
            jobs.Remove(job);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
    }

    private static async Task<TrainingJob?> FindAsync(HttpContext context, TrainingJobs jobs, string id)
    {
        if (jobs.Find(id) is { } job)
        {
            return job;
        }

        await Problems.WriteAsync(context, Problems.Create(
            StatusCodes.Status404NotFound, Problems.NotFound, "There is no such training set.",
            "Sets are kept for some hours, and not over a restart of feature-history: post the events again."));
        return null;
    }

    private static async Task WriteAsync(HttpContext context, TrainingJob job)
    {
        context.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(context.Response.Body, TrainingJobReply.Of(job), TrainingJson.Default.TrainingJobReply, context.RequestAborted);
    }
}
