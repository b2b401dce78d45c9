using System.Globalization;
using FeatureStore.Faults.Checking;
using FeatureStore.Faults.Rows;

namespace FeatureStore.Faults.Load;

/// <summary>
/// Publishes events that can never be taken in, some of them with a row beside that can be. Each that was acknowledged has to be
/// among the dead letters in the end.
/// </summary>
internal sealed class PoisonWriter(Histories histories, DeadLetters letters, RowGenerator rows, Random random, IReadOnlyList<EventChannel> channels)
{
    private int _made;

    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var mark = string.Create(CultureInfo.InvariantCulture, $"poison#{++_made}#");
            var bad = $"{{\"view\":\"{WrittenRow.View}\",\"entity_id\":\"\",\"features\":{{\"{mark}\":1}}}}";
            var beside = random.Next(3) == 0 ? rows.Next() : null;
            if (beside is not null)
            {
                histories.Attempt(beside);
            }

            var text = beside is not null ? $"[{bad},{beside.Json}]" : random.Next(3) == 0 ? $"{mark} is no JSON" : bad;
            if (await channels[random.Next(channels.Count)].PublishAsync([text]) is { } why)
            {
                if (beside is not null)
                {
                    histories.Unclear(beside, why);
                }
            }
            else
            {
                letters.Expect(mark);
                if (beside is not null)
                {
                    histories.Promise(beside);
                }
            }

            await Task.Delay(random.Next(50, 300), CancellationToken.None);
        }
    }
}
