using FeatureStore.Cli.Ingest;

namespace FeatureStore.Cli.Tests.Ingest;

/// <summary>What is told of how fast a load goes.</summary>
public sealed class ProgressTests
{
    [Theory]
    [InlineData(0, 250, 10, "0 rows, 0 rows/s, 0 rejected, 30 s left")]
    [InlineData(0, 10, 60, "0 rows, 0 rows/s, 0 rejected, 1 h 39 min left")]
    [InlineData(600, 100, 30, "0 rows, 0 rows/s, 0 rejected, 1 min 30 s left")]
    [InlineData(0, 0, 10, "0 rows, 0 rows/s, 0 rejected")]
    public void TheTimeLeftIsFromWhatThisRunDid(long skipped, long done, int seconds, string text)
    {
        var counts = new IngestCounts();
        counts.AddSkippedBytes(skipped);
        counts.AddDoneBytes(done);
        Assert.Equal(text, IngestPace.Describe(counts, 1000, TimeSpan.FromSeconds(seconds)));
    }

    [Fact]
    public void WhereTheLengthIsNotKnownNothingIsToldOfTheTimeLeft()
    {
        var counts = new IngestCounts();
        counts.AddDoneBytes(100);
        counts.AddRejection(default, "no");
        Assert.Equal("1 rows, 1 rows/s, 1 rejected", IngestPace.Describe(counts, null, TimeSpan.FromSeconds(1)));
    }
}
