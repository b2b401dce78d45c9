using System.Text.Json.Serialization;

namespace FeatureStore.Hosting.Events;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = 128)]
[JsonSerializable(typeof(BulkDelivery))]
[JsonSerializable(typeof(BulkDeliveryReply))]
internal sealed partial class DeliveryJson : JsonSerializerContext;
