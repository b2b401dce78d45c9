using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace FeatureStore.LoadBaselines;

/// <summary>Reads every row of <see cref="ColumnFile"/> from two views, and finds them the same.</summary>
internal static class ViewComparison
{
    private const int Entities = 1000;

    public static async Task RunAsync(Uri api, string left, string right, long rows, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = api };
        for (var from = 0L; from < rows; from += Entities)
        {
            var count = Math.Min(Entities, rows - from);
            var first = await ReadAsync(http, left, from, count, cancellationToken);
            if (first != await ReadAsync(http, right, from, count, cancellationToken))
            {
                throw new LoadFailedException($"Among the entities {from} to {from + count - 1} one differs between {left} and {right}.");
            }

            if (first.Contains("NOT_FOUND", StringComparison.Ordinal))
            {
                throw new LoadFailedException($"Among the entities {from} to {from + count - 1} one is not there.");
            }
        }

        Console.WriteLine(rows.ToString(CultureInfo.InvariantCulture));
    }

    private static async Task<string> ReadAsync(HttpClient http, string view, long from, long count, CancellationToken cancellationToken)
    {
        var body = new StringBuilder("{\"features\":[");
        body.AppendJoin(',', ((string[])["whole", "ratio", "text", "vector"]).Select(name => $"\"{view}:{name}\"")).Append("],\"metadata\":true,\"entities\":[");
        for (var i = from; i < from + count; i++)
        {
            body.Append(i == from ? "" : ",").Append(CultureInfo.InvariantCulture, $"{{\"entity_id\":\"{i}\"}}");
        }

        using var content = new StringContent(body.Append("]}").ToString(), MediaTypeHeaderValue.Parse("application/json"));
        using var reply = await http.PostAsync("/features/query", content, cancellationToken);
        var text = await reply.Content.ReadAsStringAsync(cancellationToken);
        if (!reply.IsSuccessStatusCode)
        {
            throw new LoadFailedException(text);
        }

        // How old a value is depends on when it is asked for.
        return string.Join('\n', text.Split("\"age_seconds\":").Select((part, i) => i == 0 ? part : part[part.IndexOf(']', StringComparison.Ordinal)..]));
    }
}
