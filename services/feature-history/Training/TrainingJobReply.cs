using System.Text.Json.Serialization;

namespace FeatureStore.FeatureHistory.Training;

/// <summary>How far a training set is.</summary>
/// <param name="Id">The job.</param>
/// <param name="Status"><c>queued</c>, <c>running</c>, <c>done</c> or <c>failed</c>.</param>
/// <param name="Progress">How much of it is done, from 0 to 1.</param>
/// <param name="Events">How many events it has, once it is done.</param>
/// <param name="Bytes">The size of its file, once it is done.</param>
/// <param name="Sha256">The SHA-256 of its file, once it is done.</param>
/// <param name="Features">Its features in the order of their columns, once it is done.</param>
/// <param name="Errors">Why it failed.</param>
internal sealed record TrainingJobReply(
    string Id, string Status, double Progress, long? Events, long? Bytes, string? Sha256, IReadOnlyList<TrainingColumnReply>? Features, IReadOnlyList<string>? Errors)
{
    public static TrainingJobReply Of(TrainingJob job) => new(
        job.Id, job.Status, Math.Round(job.Progress, 3), job.Result?.Events, job.Result?.Bytes, job.Result?.Sha256,
        job.Result?.Features.Select(feature => new TrainingColumnReply(feature.Feature.ToString(), feature.Column, feature.Matched)).ToList(), job.Faults);
}

/// <summary>The column of a feature.</summary>
/// <param name="Feature">The feature by its view.</param>
/// <param name="Column">The column's name.</param>
/// <param name="Matched">For how many events it has a value.</param>
internal sealed record TrainingColumnReply(string Feature, string Column, long Matched);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TrainingJobReply))]
internal sealed partial class TrainingJson : JsonSerializerContext;
