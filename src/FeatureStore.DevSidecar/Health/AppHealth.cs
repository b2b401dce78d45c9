using System.Net.Sockets;
using FeatureStore.DevSidecar.Invocation;
using Microsoft.Extensions.Logging;

namespace FeatureStore.DevSidecar.Health;

/// <summary>Whether the app listens and, if it is probed, whether it is healthy.</summary>
internal sealed partial class AppHealth(SidecarOptions options, AppChannel? app, TimeProvider time, ILogger<AppHealth> logger)
{
    private static readonly TimeSpan ListenInterval = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private TaskCompletionSource _healthy = New();
    private bool _isHealthy;
    private bool _isProbed;

    /// <summary>Whether the app may be invoked: unless a probe says no. Before the first one, whoever invokes it sees for himself.</summary>
    public bool MayBeInvoked => !Volatile.Read(ref _isProbed) || Volatile.Read(ref _isHealthy);

    /// <summary>Whether the app takes events: it is healthy, or not probed at all.</summary>
    public bool TakesEvents => !options.EnableAppHealthCheck || Volatile.Read(ref _isHealthy);

    /// <summary>Waits while the app is unhealthy.</summary>
    public Task WaitHealthyAsync(CancellationToken cancellationToken)
    {
        if (!options.EnableAppHealthCheck)
        {
            return Task.CompletedTask;
        }

        lock (_gate)
        {
            return _healthy.Task.IsCompleted ? Task.CompletedTask : _healthy.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Waits until something listens on the app's port.</summary>
    public async Task WaitListeningAsync(CancellationToken cancellationToken)
    {
        while (app is not null)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync("127.0.0.1", app.Port, cancellationToken);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(ListenInterval, time, cancellationToken);
            }
        }
    }

    /// <summary>Probes until cancelled.</summary>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        if (app is null || !options.EnableAppHealthCheck)
        {
            return;
        }

        var failures = 0;
        var everHealthy = false;
        while (!cancellationToken.IsCancellationRequested)
        {
            var failure = await ProbeOnceAsync(app, cancellationToken);
            if (failure is null)
            {
                failures = 0;
                everHealthy = true;
                SetHealthy(true, null);
            }
            else if (++failures >= options.AppHealthThreshold || !everHealthy)
            {
                SetHealthy(false, failure);
            }

            await Task.Delay(options.AppHealthProbeInterval, time, cancellationToken);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<string?> ProbeOnceAsync(AppChannel channel, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.AppHealthProbeTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, channel.UriOf(options.AppHealthCheckPath));
            using var response = await channel.SendAsync(request, either.Token, withToken: false);
            return response.IsSuccessStatusCode ? null : $"status code {(int)response.StatusCode}";
        }
        catch (HttpRequestException exception)
        {
            return exception.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "timeout";
        }
    }

    private void SetHealthy(bool healthy, string? reason)
    {
        lock (_gate)
        {
            _isProbed = true;
            if (_isHealthy == healthy)
            {
                return;
            }

            _isHealthy = healthy;
            if (healthy)
            {
                _healthy.TrySetResult();
            }
            else
            {
                _healthy = New();
            }
        }

        if (healthy)
        {
            Log.Healthy(logger, options.AppId);
        }
        else
        {
            Log.Unhealthy(logger, options.AppId, reason);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "App {App} entered healthy status")]
        public static partial void Healthy(ILogger logger, string app);

        [LoggerMessage(LogLevel.Warning, "App {App} entered un-healthy status: {Reason}")]
        public static partial void Unhealthy(ILogger logger, string app, string? reason);
    }
}
