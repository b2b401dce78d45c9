using FeatureStore.DevSidecar.Errors;
using Grpc.Core;

namespace FeatureStore.DevSidecar.PubSub;

/// <summary>The errors of the publish API.</summary>
internal static class PublishErrors
{
    public static ApiException NotFound(string pubsub) =>
        new(StatusCode.InvalidArgument, 404, "ERR_PUBSUB_NOT_FOUND", $"pubsub {pubsub} is not found")
        {
            Reason = "DAPR_PUBSUB_NOT_FOUND",
            Metadata = new Dictionary<string, string>(),
        };

    public static ApiException NotConfigured() =>
        new(StatusCode.FailedPrecondition, 400, "ERR_PUBSUB_NOT_CONFIGURED", "no pubsub is configured") { Reason = "DAPR_PUBSUB_NOT_CONFIGURED" };

    public static ApiException NameEmpty() =>
        With(new(StatusCode.InvalidArgument, 404, "ERR_PUBSUB_EMPTY", "pubsub name is empty"), "", "DAPR_PUBSUB_NAME_EMPTY");

    public static ApiException TopicEmpty(string pubsub) =>
        With(new(StatusCode.InvalidArgument, 404, "ERR_TOPIC_EMPTY", $"topic is empty in pubsub {pubsub}"), pubsub, "DAPR_PUBSUB_TOPIC_NAME_EMPTY");

    public static ApiException Forbidden(string pubsub, string topic, string appId)
    {
        var message = $"topic {topic} is not allowed for app id {appId}";
        return With(new(StatusCode.PermissionDenied, 403, "ERR_PUBSUB_FORBIDDEN", message), pubsub, "DAPR_PUBSUB_FORBIDDEN",
            new() { ["error"] = message, ["topic"] = topic });
    }

    public static ApiException Failed(string pubsub, string topic, string error) => With(
        new(StatusCode.Internal, 500, "ERR_PUBSUB_PUBLISH_MESSAGE", $"error when publishing to topic {topic} in pubsub {pubsub}: {error}"),
        pubsub,
        "DAPR_PUBSUB_PUBLISH_MESSAGE",
        new() { ["error"] = error, ["topic"] = topic });

    public static ApiException CloudEvent(string pubsub, string appId, string error) => With(
        new(StatusCode.InvalidArgument, 500, "ERR_PUBSUB_CLOUD_EVENTS_SER", "cannot create cloudevent"),
        pubsub,
        "DAPR_PUBSUB_CLOUD_EVENT_CREATION",
        new() { ["appID"] = appId, ["error"] = error });

    public static ApiException EntryId(string pubsub, string topic, string appId)
    {
        const string Error = "entryId is duplicated or not present for entry";
        return With(
            new(StatusCode.InvalidArgument, 400, "ERR_PUBSUB_EVENTS_SER", $"error marshaling events to bytes for topic {topic} pubsub {pubsub}. error: {Error}"),
            pubsub,
            "DAPR_PUBSUB_MARSHAL_EVENTS",
            new() { ["appID"] = appId, ["error"] = Error });
    }

    public static ApiException ContentTypeMismatch(string pubsub, string topic, string appId)
    {
        const string Error = "error: mismatch between contentType and event";
        return With(
            new(StatusCode.InvalidArgument, 400, "ERR_PUBSUB_EVENTS_SER", $"error when marshalling cloud event envelope for topic {topic} pubsub {pubsub}: {Error}"),
            pubsub,
            "DAPR_PUBSUB_MARSHAL_ENVELOPE",
            new() { ["appID"] = appId, ["error"] = Error });
    }

    public static ApiException Unmarshal(string pubsub, string topic, string appId, string error) => With(
        new(StatusCode.InvalidArgument, 400, "ERR_PUBSUB_EVENTS_SER", $"error when unmarshaling the request for topic {topic} pubsub {pubsub}: {error}"),
        pubsub,
        "DAPR_PUBSUB_UNMARSHAL_EVENTS",
        new() { ["appID"] = appId });

    private static ApiException With(ApiException error, string pubsub, string reason, Dictionary<string, string>? metadata = null) =>
        new(error.Grpc, error.Http, error.ErrorCode, error.Message)
        {
            Reason = reason,
            Metadata = metadata,
            Resource = new ErrorResource("pubsub", pubsub, error.Message),
        };
}
