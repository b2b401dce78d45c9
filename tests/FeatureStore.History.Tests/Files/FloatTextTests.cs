using System.Globalization;
using System.Text;
using DuckDB.NET.Data;
using Xunit;

namespace FeatureStore.History.Tests.Files;

/// <summary>What counts as the text that DuckDB gives a number is what DuckDB gives it.</summary>
public sealed class FloatTextTests
{
    private static readonly string[] Known =
    [
        "0.0", "-0.0", "0", "-0", "1", "1.0", "1.50", "01.5", "1.", ".5", "0.1", "0.0001", "0.00001", "1e-05", "1e-5", "1E-05", "1e16", "1e+16", "1e+016", "1000000000000000.0", "10000000000000000.0",
        "9007199254740993.0", "9007199254740992.0", "123456789012345678", "1.7976931348623157e+308", "5e-324", "4.9e-324", "2.2250738585072014e-308", "0.30000000000000004", "0.3", "16777217.0", "16777216.0",
        "3.4028235e+38", "1e+38", "0.10000000149011612", "100000.0", "999999.9", "0.000123", "-12.5", "1e5", "100000", "-1e-07",
    ];

    [Theory]
    [InlineData("DOUBLE", false)]
    [InlineData("FLOAT", true)]
    public void It_agrees_with_DuckDB(string type, bool isSingle)
    {
        var random = new Random(11);
        var texts = Known.Concat(Enumerable.Range(0, 4000).Select(_ => Text(random))).Where(text => !isSingle || float.IsFinite(float.Parse(text, CultureInfo.InvariantCulture))).Distinct().ToList();
        using var connection = new DuckDBConnection("DataSource=:memory:;threads=1");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT t, CAST(CAST(t AS {type}) AS VARCHAR) FROM (SELECT unnest([{string.Join(", ", texts.Select(text => $"'{text}'"))}]) AS t)";
        using var reader = command.ExecuteReader();
        var (own, others) = (0, 0);
        while (reader.Read())
        {
            var (text, said) = (reader.GetString(0), reader.GetString(1));
            Assert.True(FloatText.IsOwn(Encoding.ASCII.GetBytes(text), isSingle) == (text == said), $"{text} is to DuckDB {said}");
            _ = text == said ? own++ : others++;
        }

        Assert.True(own > 500 && others > 500);
    }

    private static string Text(Random random)
    {
        var bits = random.Next(4) switch
        {
            0 => BitConverter.Int64BitsToDouble(random.NextInt64()),
            1 => random.NextDouble() * Math.Pow(10, random.Next(-6, 19)),
            2 => Math.Round(random.NextDouble() * 1000, random.Next(0, 5)),
            _ => random.Next(-100_000, 100_000),
        };
        var number = double.IsFinite(bits) ? bits : 1.5;
        return random.Next(3) switch
        {
            0 => number.ToString("R", CultureInfo.InvariantCulture),
            1 => Python(number),
            _ => number.ToString("F6", CultureInfo.InvariantCulture) is { Length: < 25 } plain ? plain : Python(number),
        };
    }

    /// <summary>The usual form of a number in JSON that Python wrote.</summary>
    private static string Python(double number)
    {
        var text = number.ToString("R", CultureInfo.InvariantCulture).Replace("E", "e", StringComparison.Ordinal);
        return text.Contains('e', StringComparison.Ordinal) || text.Contains('.', StringComparison.Ordinal) ? text : text + ".0";
    }
}
