namespace FeatureStore.Cli.Tests.Feast;

/// <summary>What Feast 0.67 writes into a registry: field numbers of feast-dev/feast, protos/feast/core/*.proto and types/Value.proto.</summary>
internal static class FeastMessages
{
    // Of Registry.
    public const int Entities = 1, FeatureViews = 6, FeatureServices = 7, OnDemandFeatureViews = 8, SavedDatasets = 11, DataSources = 12, StreamFeatureViews = 14, LabelViews = 19;

    // Of DataSource.SourceType.
    public const int BatchFile = 1, StreamKafka = 3, RequestSource = 7, PushSource = 9;

    /// <summary>ValueType.Enum, by the names of definitions of Python.</summary>
    public static int TypeOf(string type) => type switch
    {
        "Bytes" => 1,
        "String" => 2,
        "Int32" => 3,
        "Int64" => 4,
        "Float64" => 5,
        "Float32" => 6,
        "Bool" => 7,
        "UnixTimestamp" => 8,
        "Array(Bytes)" => 11,
        "Array(String)" => 12,
        "Array(Int32)" => 13,
        "Array(Int64)" => 14,
        "Array(Float64)" => 15,
        "Array(Float32)" => 16,
        "Array(Bool)" => 17,
        "Array(UnixTimestamp)" => 18,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>Entity and EntitySpecV2; both have spec = 1, as all below.</summary>
    public static ProtoMessage Entity(string name, string key, int type, string project = "p") =>
        Spec(new ProtoMessage().Text(1, name).Number(2, type).Text(3, "").Text(4, key).Text(9, project));

    /// <summary>FeatureView and FeatureViewSpec.</summary>
    public static ProtoMessage View(
        string name, string[] entities, IEnumerable<ProtoMessage> features, long ttlSeconds = 0, ProtoMessage? push = null, Func<ProtoMessage, ProtoMessage>? more = null, string project = "p")
    {
        var spec = new ProtoMessage().Text(1, name).Text(2, project).Texts(3, entities).Messages(4, features)
            .Message(6, new ProtoMessage().Number(1, ttlSeconds))
            .Message(7, Source($"{name}_file", BatchFile)).Number(8, 1);
        spec = push is null ? spec : spec.Message(9, push);

        // What is not read is skipped: source_views, feature_transformation, mode and meta.
        spec = (more?.Invoke(spec) ?? spec).Message(14, new ProtoMessage().Text(1, "other")).Message(15, new ProtoMessage().Text(1, "udf")).Text(16, "python");
        return Spec(spec).Message(2, new ProtoMessage().Message(1, new ProtoMessage().Number(1, 1_700_000_000)));
    }

    /// <summary>StreamFeatureView and StreamFeatureViewSpec.</summary>
    public static ProtoMessage StreamView(string name, string[] entities, IEnumerable<ProtoMessage> features, IEnumerable<ProtoMessage> columns, ProtoMessage source) =>
        Spec(new ProtoMessage().Text(1, name).Text(2, "p").Texts(3, entities).Messages(4, features).Messages(5, columns).Text(6, "From the stream").Entry(7, "tier", "gold")
            .Text(8, "team@x").Message(9, new ProtoMessage().Number(1, 60)).Message(11, source).Number(12, 1).Message(13, new ProtoMessage().Text(1, "udf")));

    /// <summary>FeatureSpecV2.</summary>
    public static ProtoMessage Field(string name, int type) => new ProtoMessage().Text(1, name).Number(2, type);

    /// <summary>DataSource, of a view too.</summary>
    public static ProtoMessage Source(string name, int type) => new ProtoMessage().Number(1, type).Text(3, "event_timestamp").Text(20, name).Text(21, "p");

    /// <summary>FeatureService and FeatureServiceSpec.</summary>
    public static ProtoMessage ServiceOf(string name, params ProtoMessage[] projections) =>
        Spec(new ProtoMessage().Text(1, name).Text(2, "p").Messages(3, projections));

    /// <summary>FeatureViewProjection.</summary>
    public static ProtoMessage Projection(string view, params string[] features) =>
        new ProtoMessage().Text(1, view).Messages(2, features.Select(feature => Field(feature, 4)));

    public static ProtoMessage Spec(ProtoMessage spec) => new ProtoMessage().Message(1, spec);
}
