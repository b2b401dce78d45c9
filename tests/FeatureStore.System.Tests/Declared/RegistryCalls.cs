using System.Globalization;
using System.Net;
using System.Text.Json;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.Declared;

/// <summary>What the tests ask of the registry, in few words.</summary>
internal static class RegistryCalls
{
    /// <summary>The registry that most of the tests are about.</summary>
    public const string Flights = """
        {"entities":{"airport":{"keys":{"origin":"string"}},"aircraft":{"keys":{"tailnum":"string"}},"route":{"keys":{"origin":"string","flight":"int64"}}},
         "views":{
          "weather":{"entity":"airport","ttl":"3h","freshness":"1h","features":{"temp":"float64","gust":{"type":"float64","default":0.0},"hours":"int32","at":"timestamp"}},
          "traffic":{"entity":"airport","features":{"temp":"int64","flights":"int64"}},
          "aircraft":{"entity":"aircraft","features":{"seats":"int32","engine":"string","embedding":"list<float32>"}},
          "delays":{"entity":"route","features":{"delay":"float32"}},
          "notes":{"entity":"airport","open":true,"features":{"rating":"int32"}}},
         "services":{"delay_model_v1":["weather:temp","weather:gust","aircraft:seats","delays:delay"],"airport_only":["weather:hours","weather:temp"]}}
        """;

    public static async Task<Reply> Apply(this HttpClient ingest, string registry, int? over = null, string query = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/registry" + query);
        request.Content = new StringContent(registry, System.Text.Encoding.UTF8, "application/json");
        if (over is { } version)
        {
            request.Headers.TryAddWithoutValidation("If-Match", string.Create(CultureInfo.InvariantCulture, $"\"{version}\""));
        }

        using var reply = await ingest.SendAsync(request, TestContext.Current.CancellationToken);
        return new Reply(reply.StatusCode, await reply.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), reply.Content.Headers.ContentType?.MediaType, null);
    }

    /// <summary>Applies a registry and waits until every replica serves by it.</summary>
    public static async Task<int> Declare(this FeatureStack stack, string registry)
    {
        var applied = await stack.Ingest.Apply(registry);
        Assert.True(applied.Status == HttpStatusCode.OK, applied.Body);
        var version = applied.Version();
        foreach (var service in stack.Ingests.Append(stack.Api).Concat(stack.History is null ? [] : [stack.History]))
        {
            await Wait.UntilAsync(async () => (await service.Read("/registry")).Version() == version, $"registry version {version} to be served by");
        }

        return version;
    }

    public static int Version(this Reply reply) => reply.Json.GetProperty("version").GetInt32();

    public static string Type(this Reply reply) => reply.Json.GetProperty("type").GetString()!;

    public static IReadOnlyList<(string? Member, string Detail)> Errors(this Reply reply) =>
        [.. reply.Json.GetProperty("errors").EnumerateArray().Select(error => (error.TryGetProperty("member", out var member) ? member.GetString() : null, error.GetProperty("detail").GetString()!))];

    public static Task<Reply> Query(this HttpClient api, string body) => api.Send(HttpMethod.Post, "/features/query", body);

    /// <summary>The values of a row, as their text, or its statuses.</summary>
    public static string[] Row(this Reply reply, int row, string member = "values")
    {
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        return [.. reply.Json.GetProperty("rows")[row].GetProperty(member).EnumerateArray().Select(value => value.ValueKind == JsonValueKind.String && member == "statuses" ? value.GetString()! : value.GetRawText())];
    }
}
