using System.Diagnostics;
using System.Text;

namespace FeatureStore.Cli.Tests.Up;

/// <summary>The built command as a process of its own, as a user runs it.</summary>
internal sealed class CommandProcess : IAsyncDisposable
{
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly StringBuilder _out = new();
    private readonly StringBuilder _error = new();

    private CommandProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Append(_out, line.Data);
        process.ErrorDataReceived += (_, line) => Append(_error, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Out => Text(_out);

    public string Error => Text(_error);

    public bool HasExited => _process.HasExited;

    /// <summary>The built command.</summary>
    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "featurestore");

    public static CommandProcess Start(string[] args, params (string Name, string Value)[] variables) => StartProgram(Path, args, variables);

    /// <summary>Starts a program through which a command is run.</summary>
    public static CommandProcess StartProgram(string program, string[] args, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(program, args)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        return new CommandProcess(Process.Start(start)!);
    }

    /// <summary>Runs a command to its end.</summary>
    public static async Task<CommandLine> RunAsync(params string[] args)
    {
        await using var process = Start(args);
        var exit = await process.ExitAsync();
        return new CommandLine(exit, process.Out, process.Error);
    }

    /// <summary>Waits until it has written some text to standard output.</summary>
    public async Task SaysAsync(string text)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!Out.Contains(text, StringComparison.Ordinal))
        {
            Assert.False(_process.HasExited, $"It ended with {(_process.HasExited ? _process.ExitCode : 0)}: {Error}");
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Generous, $"It does not say \"{text}\": {Out}{Error}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Types into its standard input.</summary>
    public async Task TypeAsync(string text)
    {
        await _process.StandardInput.WriteAsync(text);
        await _process.StandardInput.FlushAsync();
    }

    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Generous, TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private static void Append(StringBuilder text, string? line)
    {
        lock (text)
        {
            text.Append(line).Append(line is null ? "" : "\n");
        }
    }

    private static string Text(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }
}
