using System.Text.Json.Serialization;

namespace FeatureStore.DevSidecar.PubSub.Redis;

[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class RedisStreamJson : JsonSerializerContext;
