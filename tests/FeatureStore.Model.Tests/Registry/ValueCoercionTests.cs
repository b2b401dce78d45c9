using System.Text;
using Xunit;

namespace FeatureStore.Model.Tests.Registry;

/// <summary>What values of each type are taken, and in which form they are stored.</summary>
public sealed class ValueCoercionTests
{
    [Theory]
    [InlineData("bool", "true", "true")]
    [InlineData("bool", "null", "null")]
    [InlineData("int32", "-2147483648", "-2147483648")]
    [InlineData("int64", "9223372036854775807", "9223372036854775807")]
    [InlineData("int64", "\"9223372036854775807\"", "9223372036854775807")]
    [InlineData("int64", "\"007\"", "7")]
    [InlineData("int64", "3.0", "3")]
    [InlineData("int64", "3e2", "300")]
    [InlineData("int64", "-0", "0")]
    [InlineData("float64", "1.0", "1.0")]
    [InlineData("float64", "39", "39")]
    [InlineData("float64", "0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827")]
    [InlineData("float32", "0.1", "0.1")]
    [InlineData("string", "\"\\u0041 \\\"\"", "\"\\u0041 \\\"\"")]
    [InlineData("bytes", "\"AAH/\"", "\"AAH/\"")]
    [InlineData("bytes", "\"AAH\\/\"", "\"AAH/\"")]
    [InlineData("timestamp", "\"2026-11-23T10:00:00Z\"", "\"2026-11-23T10:00:00Z\"")]
    [InlineData("timestamp", "\"2026-11-23T12:00:00.500+02:00\"", "\"2026-11-23T10:00:00.500Z\"")]
    [InlineData("timestamp", "\"2026-11-23T12:00:00.500\\u002B02:00\"", "\"2026-11-23T10:00:00.500Z\"")]
    [InlineData("json", "{ \"a\" : [1.0] }", "{ \"a\" : [1.0] }")]
    [InlineData("list<int64>", "[1, \"2\", 3.0 ]", "[1, 2, 3 ]")]
    [InlineData("list<float32>", "[0.5,1]", "[0.5,1]")]
    [InlineData("list<string>", "[]", "[]")]
    [InlineData("list<timestamp>", "[\"2026-11-23T10:00:00+00:00\"]", "[\"2026-11-23T10:00:00Z\"]")]
    public void AValueIsTaken(string type, string json, string stored)
    {
        Assert.True(FeatureType.TryParse(type, out var parsed));
        var value = ValueCoercion.Coerce(parsed, Encoding.UTF8.GetBytes(json), out var fault);
        Assert.Null(fault);
        Assert.Equal(stored, Encoding.UTF8.GetString(value.Span));

        // What is stored is taken again as it is.
        Assert.Equal(stored, Encoding.UTF8.GetString(ValueCoercion.Coerce(parsed, value, out _).Span));
    }

    [Theory]
    [InlineData("bool", "1", "true or false is expected, 1 was given")]
    [InlineData("bool", "\"true\"", "true or false is expected, \"true\" was given")]
    [InlineData("int32", "2147483648", "2147483648 is beyond int32")]
    [InlineData("int32", "\"-2147483649\"", "-2147483649 is beyond int32")]
    [InlineData("int64", "9223372036854775808", "9223372036854775808 is beyond int64")]
    [InlineData("int64", "1e400", "1e400 is beyond int64, or no whole number")]
    [InlineData("int64", "1.5", "1.5 is beyond int64, or no whole number")]
    [InlineData("int64", "\"1.0\"", "a whole number is expected, \"1.0\" was given")]
    [InlineData("int64", "\"seven\"", "a whole number is expected, \"seven\" was given")]
    [InlineData("int64", "true", "a whole number is expected, true was given")]
    [InlineData("float64", "1e400", "1e400 is beyond float64")]
    [InlineData("float32", "1e39", "1e39 is beyond float32")]
    [InlineData("float64", "\"NaN\"", "a number is expected, \"NaN\" was given; not-a-number and infinity cannot be stored, send null")]
    [InlineData("string", "42", "a string is expected, 42 was given")]
    [InlineData("bytes", "\"not base64\"", "bytes in base64 are expected, \"not base64\" was given")]
    [InlineData("timestamp", "1768471200", "an RFC 3339 time with a zone, such as 2026-11-23T10:00:00Z is expected, 1768471200 was given")]
    [InlineData("list<int64>", "7", "a list is expected, 7 was given")]
    [InlineData("list<int64>", "[1,null]", "element 2 is null, which a list cannot hold")]
    [InlineData("list<int64>", "[1,[2]]", "element 2: a whole number is expected, a list was given")]
    [InlineData("list<bool>", "{}", "a list is expected, an object was given")]
    public void AValueOfAnotherTypeIsRefusedWithTheReason(string type, string json, string reason)
    {
        Assert.True(FeatureType.TryParse(type, out var parsed));
        ValueCoercion.Coerce(parsed, Encoding.UTF8.GetBytes(json), out var fault);
        Assert.Equal(reason, fault);
    }

    [Fact]
    public void AVectorHasALength()
    {
        string Vector(int length) => $"[{string.Join(',', Enumerable.Repeat("1", length))}]";
        var type = new FeatureType(ScalarType.Float32, IsList: true);
        ValueCoercion.Coerce(type, Encoding.UTF8.GetBytes(Vector(4096)), out var fits);
        ValueCoercion.Coerce(type, Encoding.UTF8.GetBytes(Vector(4097)), out var fault);
        Assert.Null(fits);
        Assert.Equal("a list of float32 may have 4096 elements", fault);
    }
}
