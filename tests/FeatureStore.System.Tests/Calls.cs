using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests;

/// <summary>What the tests ask of the services, in few words.</summary>
internal static class Calls
{
    public static Task<Reply> Patch(this HttpClient client, string target, string json) => client.Send(HttpMethod.Patch, target, json);

    public static Task<Reply> Put(this HttpClient client, string target, string json) => client.Send(HttpMethod.Put, target, json);

    public static Task<Reply> Delete(this HttpClient client, string target) => client.Send(HttpMethod.Delete, target, null);

    public static Task<Reply> Read(this HttpClient client, string target) => client.Send(HttpMethod.Get, target, null);

    public static Task<Reply> PostLines(this HttpClient client, string ndjson) =>
        client.Send(HttpMethod.Post, "/features", ndjson, "application/x-ndjson");

    public static async Task<Reply> Send(
        this HttpClient client, HttpMethod method, string target, string? body, string contentType = "application/json")
    {
        // The target is sent as it stands: not even escapes are folded.
        var uri = new Uri(client.BaseAddress + target.TrimStart('/'), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(method, uri);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        }

        using var reply = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return new Reply(
            reply.StatusCode, await reply.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            reply.Content.Headers.ContentType?.MediaType, reply.Headers.RetryAfter?.Delta);
    }

    /// <summary>Publishes JSON to the topic of rows, through feature-ingest's sidecar.</summary>
    public static async Task Publish(this FeatureStack stack, string json, string query = "", string contentType = "application/json")
    {
        var reply = await stack.IngestSidecar.Send(HttpMethod.Post, $"/v1.0/publish/pubsub/feature-updates{query}", json, contentType);
        Assert.Equal(HttpStatusCode.NoContent, reply.Status);
    }

    /// <summary>Reads until the features are as expected.</summary>
    public static Task Becomes(this FeatureStack stack, string target, string features) => Wait.UntilAsync(
        async () => await stack.Api.Read(target) is { Status: HttpStatusCode.OK } reply && reply.Features == features,
        $"{target} to have the features {(features.Length > 200 ? features[..200] : features)}");
}

/// <summary>A reply.</summary>
internal sealed record Reply(HttpStatusCode Status, string Body, string? ContentType, TimeSpan? RetryAfter)
{
    public JsonElement Json => JsonElement.Parse(Body);

    /// <summary>The exact text of the features.</summary>
    public string Features => Json.GetProperty("features").GetRawText();

    public string[] Errors => [.. Json.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("detail").GetString()!)];
}
