namespace FeatureStore.DevSidecar.Tests.Harness;

/// <summary>Waits for conditions; the bound is generous, as a failing test may take its time.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(() => Task.FromResult(condition()), what);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Bound, $"never came true: {what}");
            await Task.Delay(20, cancellation);
        }
    }

    /// <summary>Waits long enough for something unwanted to show, then checks that it did not.</summary>
    public static async Task StillAsync(Func<bool> condition, string what)
    {
        await Task.Delay(400, TestContext.Current.CancellationToken);
        Assert.True(condition(), what);
    }
}
