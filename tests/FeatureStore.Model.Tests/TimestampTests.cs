using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FeatureStore.Model.Tests;

public sealed class TimestampTests
{
    [Theory]
    [InlineData("2026-11-23T10:00:00Z", "2026-11-23T10:00:00Z")]
    [InlineData("2026-11-23t10:00:00z", "2026-11-23T10:00:00Z")]
    [InlineData("2026-11-23 10:00:00Z", "2026-11-23T10:00:00Z")]
    [InlineData("2026-11-23T10:00:00.5Z", "2026-11-23T10:00:00.500Z")]
    [InlineData("2026-11-23T10:00:00.000001Z", "2026-11-23T10:00:00.000001Z")]
    [InlineData("2026-11-23T10:00:00.123456789Z", "2026-11-23T10:00:00.123456Z")]
    [InlineData("2026-11-23T10:00:00+01:30", "2026-11-23T08:30:00Z")]
    [InlineData("2026-11-23T10:00:00-00:01", "2026-11-23T10:01:00Z")]
    [InlineData("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z")]
    [InlineData("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z")]
    public void Rfc3339_is_read(string text, string expected)
    {
        Assert.True(Timestamp.TryParse(text, out var time));
        Assert.Equal(expected, time.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("2026-11-23")]
    [InlineData("2026-11-23T10:00:00")]
    [InlineData("2026-11-23T10:00Z")]
    [InlineData("2026-13-01T10:00:00Z")]
    [InlineData("2026-02-29T10:00:00Z")]
    [InlineData("2026-11-23T24:00:00Z")]
    [InlineData("2026-11-23T10:00:60Z")]
    [InlineData("2026-11-23T10:00:00.Z")]
    [InlineData("2026-11-23T10:00:00+1:00")]
    [InlineData("2026-11-23T10:00:00 01:00")]
    [InlineData("0001-01-01T00:00:00+01:00")]
    [InlineData("9999-12-31T23:59:59-01:00")]
    [InlineData("1763892000")]
    [InlineData("2026-11-23T10:00:00Zjunk")]
    public void Other_text_is_not(string? text) => Assert.False(Timestamp.TryParse(text, out _));

    [Fact]
    public void What_is_written_is_read_again()
    {
        var times = from seconds in Gen.Choose(-2_000_000_000, 2_000_000_000)
                    from micros in Gen.Choose(0, 999_999)
                    select new Timestamp((seconds * 1_000_000L) + micros);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(times.ToArbitrary(), time =>
        {
            Assert.True(Timestamp.TryParse(time.ToString(), out var again));
            Assert.Equal(time, again);
            Assert.Equal(time.ToDateTimeOffset(), DateTimeOffset.Parse(time.ToString(), System.Globalization.CultureInfo.InvariantCulture));
        }));
    }

    [Fact]
    public void Adding_stops_at_never()
    {
        Assert.Equal(Timestamp.Never, Timestamp.Never.Plus(1));
        Assert.Equal(Timestamp.Never, new Timestamp(5).Plus(long.MaxValue));
    }
}
