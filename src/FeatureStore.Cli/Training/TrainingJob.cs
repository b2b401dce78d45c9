using System.Text.Json;

namespace FeatureStore.Cli.Training;

/// <summary>How far a training set is, as feature-history tells it.</summary>
/// <param name="Id">The job.</param>
/// <param name="Status"><c>queued</c>, <c>running</c>, <c>done</c> or <c>failed</c>.</param>
/// <param name="Progress">How much of it is done, from 0 to 1.</param>
/// <param name="Events">How many events it has.</param>
/// <param name="Bytes">The size of its file.</param>
/// <param name="Sha256">The SHA-256 of its file, in lower-case hexadecimal.</param>
/// <param name="Features">Its features in the order of their columns.</param>
/// <param name="Errors">Why it failed.</param>
internal sealed record TrainingJob(
    string Id, string Status, double Progress, long Events, long Bytes, string Sha256, IReadOnlyList<TrainingColumn> Features, IReadOnlyList<string> Errors)
{
    public bool IsDone => Status == "done";

    public bool IsFailed => Status == "failed";

    /// <summary>Reads a reply.</summary>
    public static TrainingJob Read(JsonElement reply)
    {
        var done = reply.GetProperty("status").ValueEquals("done");
        return new TrainingJob(
            reply.GetProperty("id").GetString()!,
            reply.GetProperty("status").GetString()!,
            reply.GetProperty("progress").GetDouble(),
            done ? reply.GetProperty("events").GetInt64() : 0,
            done ? reply.GetProperty("bytes").GetInt64() : 0,
            done ? reply.GetProperty("sha256").GetString()! : "",
            done ? [.. reply.GetProperty("features").EnumerateArray().Select(ReadColumn)] : [],
            reply.TryGetProperty("errors", out var errors) ? [.. errors.EnumerateArray().Select(error => error.GetString() ?? "")] : []);
    }

    private static TrainingColumn ReadColumn(JsonElement feature) => new(
        feature.GetProperty("feature").GetString()!, feature.GetProperty("column").GetString()!, feature.GetProperty("matched").GetInt64());
}

/// <summary>The column of a feature.</summary>
/// <param name="Feature">The feature by its view.</param>
/// <param name="Column">The column's name.</param>
/// <param name="Matched">For how many events it has a value.</param>
internal sealed record TrainingColumn(string Feature, string Column, long Matched);
