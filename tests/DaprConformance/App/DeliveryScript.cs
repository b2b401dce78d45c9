using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using FeatureStore.DaprConformance.Comparing;
using FeatureStore.DaprConformance.Recordings;

namespace FeatureStore.DaprConformance.App;

/// <summary>The deliveries that were recorded of one step: each that comes is compared with one of them and gets its reply.</summary>
public sealed partial class DeliveryScript
{
    private readonly Lock _gate;
    private readonly Comparison _comparison;
    private readonly Bindings _bindings;
    private readonly List<(int Number, JsonElement Recorded)> _left;
    private readonly TimeSpan _slow;
    private readonly bool _alwaysSlow;

    /// <param name="step">The step.</param>
    /// <param name="member">Where its deliveries are.</param>
    /// <param name="comparison">Takes the differences.</param>
    /// <param name="bindings">The volatile names of the run.</param>
    /// <param name="gate">Guards both, where many scripts run at a time.</param>
    public DeliveryScript(Step step, string member, Comparison comparison, Bindings bindings, Lock gate)
    {
        _gate = gate;
        _comparison = comparison;
        _bindings = bindings;
        _left = [.. step.Find(member)?.EnumerateArray().Select((d, i) => (i, d)) ?? []];
        if (SlowReply().Match(step.Name) is { Success: true } slow)
        {
            _slow = TimeSpan.FromMilliseconds(int.Parse(slow.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
        }
        else if (SlowCallee().Match(step.Name) is { Success: true } callee)
        {
            _slow = TimeSpan.FromSeconds(int.Parse(callee.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
        }
        else if (SlowApp().Match(step.Name) is { Success: true } app)
        {
            _slow = TimeSpan.FromSeconds(double.Parse(app.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
            _alwaysSlow = true;
        }
    }

    /// <summary>Whether all that were recorded have come.</summary>
    public bool IsComplete
    {
        get
        {
            lock (_gate)
            {
                return _left.Count == 0;
            }
        }
    }

    public AppReply Answer(AppCall call)
    {
        lock (_gate)
        {
            var body = RecordedText.Of(call.Body);
            var candidates = _left.Where(d => d.Recorded.GetProperty("path").GetString() == call.Target).ToList();
            if (candidates.Count == 0)
            {
                _comparison.Add("deliveries", "(none further)", $"{call.Method} {call.Target} {body}");
                return AppReply.Of(200);
            }

            var match = candidates.FirstOrDefault(d => IsRecorded(d.Recorded, body), candidates[0]);
            _left.Remove(match);
            Compare(match.Recorded, $"deliveries[{match.Number}]", call, body);
            var delay = _alwaysSlow || match.Number == 0 ? _slow : TimeSpan.Zero;
            return match.Recorded.TryGetProperty("reply", out var reply) ? AppReply.Recorded(reply, _bindings.Fill, delay) : AppReply.Of(200);
        }
    }

    /// <summary>What was recorded and has not come by now differs.</summary>
    public void Close()
    {
        lock (_gate)
        {
            foreach (var (number, recorded) in _left)
            {
                _comparison.Add($"deliveries[{number}]", $"{recorded.GetProperty("path")} {BodyOf(recorded)}", "(absent)");
            }

            _left.Clear();
        }
    }

    private void Compare(JsonElement recorded, string at, AppCall call, string body)
    {
        if (recorded.TryGetProperty("method", out var method))
        {
            _comparison.Text($"{at}.method", method.GetString()!, call.Method);
        }

        if (recorded.TryGetProperty("headers", out var headers))
        {
            _comparison.Headers($"{at}.headers", headers, call.Headers);
        }

        var (ordered, moved) = BulkOrder.Restore(BodyOf(recorded), body);
        _comparison.Text($"{at}.body", RawEvents.OpenRecorded(BodyOf(recorded)), RawEvents.Open(ordered));
        if (moved)
        {
            _comparison.Add($"{at}.order", BodyOf(recorded), body);
        }
    }

    private bool IsRecorded(JsonElement recorded, string body) =>
        _bindings.Matches(RawEvents.OpenRecorded(BodyOf(recorded)), RawEvents.Open(BulkOrder.Restore(BodyOf(recorded), body).Body));

    private static string BodyOf(JsonElement recorded) => RecordedText.Of(recorded.GetProperty("body"));

    [GeneratedRegex("app replies slow-([0-9]+)ms")]
    private static partial Regex SlowReply();

    [GeneratedRegex("callee: slow \\(([0-9]+) s\\)")]
    private static partial Regex SlowCallee();

    [GeneratedRegex("the app takes ([0-9.]+) s,")]
    private static partial Regex SlowApp();
}
