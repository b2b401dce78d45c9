using FeatureStore.DevSidecar.Errors;
using Grpc.Core;

namespace FeatureStore.DevSidecar.State;

/// <summary>The errors of the state API.</summary>
internal static class StateErrors
{
    public static ApiException NotConfigured(string appId) =>
        new(StatusCode.FailedPrecondition, 500, "ERR_STATE_STORE_NOT_CONFIGURED", "state store is not configured")
        {
            Reason = "DAPR_STATE_NOT_CONFIGURED",
            Metadata = new Dictionary<string, string> { ["appID"] = appId },
            HttpMetadataOnly = true,
        };

    public static ApiException NotFound(string store, string appId) =>
        new(StatusCode.InvalidArgument, 400, "ERR_STATE_STORE_NOT_FOUND", $"state store {store} is not found")
        {
            Reason = "DAPR_STATE_NOT_FOUND",
            Metadata = new Dictionary<string, string> { ["appID"] = appId },
            HttpMetadataOnly = true,
        };

    public static ApiException IllegalKey(string store, string key)
    {
        var message = $"input key/keyPrefix '{key}' can't contain '{NamedStateStore.Separator}'";
        return new(StatusCode.InvalidArgument, 400, "ERR_MALFORMED_REQUEST", message)
        {
            HttpMessage = "api error: code = InvalidArgument desc = " + message,
            Reason = "DAPR_STATE_ILLEGAL_KEY",
            Resource = new ErrorResource("state", store, ""),
            Field = key,
        };
    }

    public static ApiException EmptyKey() => new(StatusCode.InvalidArgument, 400, "ERR_STATE_SAVE", "state key cannot be empty");

    public static ApiException Get(string store, string key, StateStoreException error) =>
        new(StatusCode.Internal, 500, "ERR_STATE_GET", $"fail to get {key} from state store {store}: {error.Message}");

    public static ApiException Save(string store, StateStoreException error) =>
        Write(error, "ERR_STATE_SAVE", $"failed saving state in state store {store}: {error.Message}");

    public static ApiException Delete(string key, StateStoreException error) =>
        Write(error, "ERR_STATE_DELETE", $"failed deleting state with key {key}: {error.Message}");

    public static ApiException DeleteBulk(string store, StateStoreException error) =>
        Write(error, "ERR_STATE_BULK_DELETE", $"failed deleting state in state store {store}: {error.Message}");

    private static ApiException Write(StateStoreException error, string code, string message) => error.Fault switch
    {
        StateFault.ETagMismatch => new(StatusCode.Aborted, 409, code, message),
        StateFault.ETagInvalid => new(StatusCode.InvalidArgument, 400, code, message),
        _ => new(StatusCode.Internal, 500, code, message),
    };
}
