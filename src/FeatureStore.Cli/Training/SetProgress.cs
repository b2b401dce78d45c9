using System.Globalization;
using Spectre.Console;

namespace FeatureStore.Cli.Training;

/// <summary>Shows how far something is until it is disposed: a bar on a terminal, lines elsewhere, both on standard error.</summary>
internal sealed class SetProgress : IAsyncDisposable
{
    private static readonly TimeSpan BetweenBars = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);

    private readonly CliConsole _console;
    private readonly CancellationTokenSource _done = new();
    private readonly Task _shown;
    private volatile State _state;

    /// <param name="console">Where it is shown.</param>
    /// <param name="what">What is done first.</param>
    public SetProgress(CliConsole console, string what)
    {
        _state = new State(what, 0);
        _console = console;
        _shown = console.ErrorIsTerminal ? ShowBarAsync(_done.Token) : ShowLinesAsync(_done.Token);
    }

    /// <summary>Says what is done now, and how much of it, from 0 to 1.</summary>
    public void Report(string what, double part) => _state = new State(what, part);

    public async ValueTask DisposeAsync()
    {
        await _done.CancelAsync();
        await _shown.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _done.Dispose();
    }

    private Task ShowBarAsync(CancellationToken done) => _console.Notes().Progress().AutoClear(true)
        .Columns(new ProgressBarColumn { Width = 30 }, new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
        .StartAsync(async context =>
        {
            var bar = context.AddTask(Markup.Escape(_state.What), maxValue: 1);
            while (!done.IsCancellationRequested)
            {
                var state = _state;
                bar.Value = Math.Clamp(state.Part, 0, 1);
                bar.Description = Markup.Escape(TerminalText.VisibleLine(state.What));
                await Task.Delay(BetweenBars, _console.Time, done).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        });

    private async Task ShowLinesAsync(CancellationToken done)
    {
        while (true)
        {
            await Task.Delay(BetweenLines, _console.Time, done);
            var state = _state;
            _console.Error.WriteLine(TerminalText.VisibleLine(string.Create(CultureInfo.InvariantCulture, $"{state.What}: {state.Part:P0}")));
        }
    }

    private sealed record State(string What, double Part);
}
