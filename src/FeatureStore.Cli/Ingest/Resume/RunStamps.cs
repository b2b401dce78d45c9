using FeatureStore.Model;

namespace FeatureStore.Cli.Ingest;

/// <summary>Stamps for the rows of a run that carry none of their own: the run's beginning and the row's place in it.</summary>
/// <remarks>
/// A row that is sent a second time has the same stamps, so sending it again changes nothing; and of two rows of one entity
/// the later in the files wins, whatever order they arrive in. One microsecond a row never runs ahead of the clock.
/// </remarks>
internal sealed class RunStamps(Timestamp began)
{
    private long _row;

    public Timestamp Began => began;

    /// <summary>The stamp of the current row.</summary>
    public string Current => began.Plus(_row).ToString();

    /// <summary>Goes to a row, counted over all files.</summary>
    public void MoveTo(long row) => _row = row;
}
