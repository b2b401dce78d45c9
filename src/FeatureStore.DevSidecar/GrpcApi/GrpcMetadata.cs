using Dapr.Client.Autogen.Grpc.v1;
using FeatureStore.DevSidecar.Metadata;

namespace FeatureStore.DevSidecar.GrpcApi;

/// <summary>The metadata as a gRPC message.</summary>
internal static class GrpcMetadata
{
    public static GetMetadataResponse Describe(SidecarMetadata metadata)
    {
        var options = metadata.Options;
        var response = new GetMetadataResponse { Id = options.AppId, RuntimeVersion = SidecarMetadata.RuntimeVersion };
        foreach (var component in metadata.Components)
        {
            response.RegisteredComponents.Add(new RegisteredComponents
            {
                Name = component.Name,
                Type = component.Type,
                Version = component.Version,
                Capabilities = { component.Capabilities },
            });
        }

        foreach (var (name, value) in metadata.Extended)
        {
            response.ExtendedMetadata[name] = value;
        }

        foreach (var subscription in metadata.Subscriptions)
        {
            response.Subscriptions.Add(new PubsubSubscription
            {
                PubsubName = subscription.PubsubName,
                Topic = subscription.Topic,
                DeadLetterTopic = subscription.DeadLetterTopic,
                Rules = new PubsubSubscriptionRules { Rules = { new PubsubSubscriptionRule { Path = subscription.Route } } },
                Type = subscription.Declared ? PubsubSubscriptionType.Declarative : PubsubSubscriptionType.Programmatic,
                Metadata = { subscription.Metadata.ToDictionary() },
            });
        }

        if (options.AppPort is { } port)
        {
            response.AppConnectionProperties = new AppConnectionProperties { Port = port, Protocol = "http", ChannelAddress = "127.0.0.1" };
            if (options.EnableAppHealthCheck)
            {
                response.AppConnectionProperties.Health = new AppConnectionHealthProperties
                {
                    HealthCheckPath = options.AppHealthCheckPath,
                    HealthProbeInterval = $"{options.AppHealthProbeInterval.TotalSeconds:0.###}s",
                    HealthProbeTimeout = $"{options.AppHealthProbeTimeout.TotalMilliseconds:0}ms",
                    HealthThreshold = options.AppHealthThreshold,
                };
            }
        }

        return response;
    }
}
