using System.Text.Json.Serialization;

namespace FeatureStore.Hosting.Events;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BulkDeliveryReply))]
internal sealed partial class DeliveryJson : JsonSerializerContext;
