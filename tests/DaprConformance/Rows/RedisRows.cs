using System.Globalization;
using System.Text.Json;
using FeatureStore.DaprConformance.Comparing;
using StackExchange.Redis;

namespace FeatureStore.DaprConformance.Rows;

/// <summary>The hashes that the Redis component writes.</summary>
public sealed class RedisRows(IConnectionMultiplexer connection) : IRows
{
    /// <summary>A recorded remaining time is about so many milliseconds.</summary>
    private const long MillisecondsGone = 1500;

    private IDatabase Database => connection.GetDatabase();

    public async Task CompareAsync(Comparison comparison, JsonElement raw)
    {
        foreach (var key in raw.EnumerateObject())
        {
            var at = $"raw.{key.Name}";
            comparison.Text($"{at}.type", key.Value.GetProperty("type").GetString()!, (await Database.ExecuteAsync("TYPE", key.Name)).ToString());
            if (key.Value.TryGetProperty("hgetall", out var fields))
            {
                await CompareFieldsAsync(comparison, $"{at}.hgetall", fields, await Database.HashGetAllAsync(key.Name));
            }

            var left = (long)await Database.ExecuteAsync("PTTL", key.Name);
            CompareTime(comparison, $"{at}.pttl_ms", key.Value.GetProperty("pttl_ms"), left);
        }
    }

    public Task CompareTablesAsync(Comparison comparison, JsonElement step) => Task.CompletedTask;

    public Task ExecuteAsync(IReadOnlyList<string> command) => Database.ExecuteAsync(command[0], [.. command.Skip(1)]);

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private static Task CompareFieldsAsync(Comparison comparison, string at, JsonElement recorded, HashEntry[] found)
    {
        foreach (var field in recorded.EnumerateObject())
        {
            var value = found.FirstOrDefault(f => f.Name == field.Name).Value;
            comparison.Text($"{at}.{field.Name}", RecordedText.Of(field.Value), value.IsNull ? "(absent)" : RecordedText.Of((byte[])value!));
        }

        foreach (var more in found.Where(f => !recorded.TryGetProperty(f.Name.ToString(), out _)))
        {
            comparison.Add($"{at}.{more.Name}", "(absent)", more.Value.ToString());
        }

        return Task.CompletedTask;
    }

    private static void CompareTime(Comparison comparison, string at, JsonElement recorded, long left)
    {
        var text = RecordedText.Of(recorded);
        var about = text.StartsWith("about ", StringComparison.Ordinal) ? long.Parse(text[6..], CultureInfo.InvariantCulture) : (long?)null;
        if (about is null ? text != left.ToString(CultureInfo.InvariantCulture) : left > about || left < about - MillisecondsGone)
        {
            comparison.Add(at, text, left.ToString(CultureInfo.InvariantCulture));
        }
    }
}
