using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Feast;

/// <summary>The texts of the times of rows, each kept until its row has another: the features of a row mostly share one.</summary>
internal sealed class RowTimes(int rows)
{
    private readonly (Timestamp Time, int Length)[] _known = new (Timestamp, int)[rows];
    private readonly byte[] _texts = new byte[rows * Timestamp.MaxFormattedLength];

    /// <summary>The text of the time of a row's value.</summary>
    public ReadOnlySpan<byte> TextOf(int row, Timestamp time)
    {
        var text = _texts.AsSpan(row * Timestamp.MaxFormattedLength, Timestamp.MaxFormattedLength);
        ref var known = ref _known[row];
        if (known.Length == 0 || known.Time != time)
        {
            time.TryFormat(text, out var length);
            known = (time, length);
        }

        return text[..known.Length];
    }
}
