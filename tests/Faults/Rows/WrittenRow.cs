using System.Globalization;
using System.Text;

namespace FeatureStore.Faults.Rows;

/// <summary>What a row does.</summary>
internal enum RowKind
{
    Merge,
    Replace,
    Delete,
}

/// <summary>One row that a writer sends, perhaps several times. Its values name it, so a value that is served tells where it came from.</summary>
/// <param name="Id">The row's own number.</param>
/// <param name="Entity">The entity id.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Features">The features that it names; none in a deletion means the whole row.</param>
/// <param name="Stamp">Its timestamps; default where it is sent without any. Then it is the only one of its entity.</param>
/// <param name="TtlSeconds">How long its values are served, if not for ever.</param>
internal sealed record WrittenRow(long Id, string Entity, RowKind Kind, string[] Features, RowStamp Stamp, int? TtlSeconds)
{
    public const string View = "faults";

    /// <summary>The instant from which its values are no longer served, in microseconds since 1970.</summary>
    public long Expiry => TtlSeconds is { } ttl ? Stamp.Event + (ttl * 1_000_000L) : long.MaxValue;

    /// <summary>Whether it is sent with timestamps of its own.</summary>
    public bool IsStamped => Stamp != default;

    /// <summary>Whether the row says that older values of all features are gone.</summary>
    public bool IsFloor => Kind == RowKind.Replace || (Kind == RowKind.Delete && Features.Length == 0);

    /// <summary>The JSON text of its value of a feature: a number where the name begins with n, else a string.</summary>
    public string ValueOf(string feature) => feature[0] == 'n'
        ? Id.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"\"{Entity}/{feature}#{Id}\"");

    /// <summary>The number of the row that a value names; null for a value that no row of ours has.</summary>
    public static long? IdOf(string entity, string feature, string value)
    {
        var digits = value;
        if (feature[0] != 'n')
        {
            var prefix = $"\"{entity}/{feature}#";
            if (!value.StartsWith(prefix, StringComparison.Ordinal) || !value.EndsWith('"'))
            {
                return null;
            }

            digits = value[prefix.Length..^1];
        }

        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
    }

    /// <summary>The body of a PATCH or PUT.</summary>
    public string FeaturesJson => $"{{{string.Join(',', Features.Select(feature => $"\"{feature}\":{ValueOf(feature)}"))}}}";

    /// <summary>The row as a line of NDJSON or an event.</summary>
    public string Json
    {
        get
        {
            var json = new StringBuilder();
            json.Append(CultureInfo.InvariantCulture, $"{{\"view\":\"{View}\",\"entity_id\":\"{Entity}\",\"op\":\"{Kind.ToString().ToLowerInvariant()}\"");
            if (IsStamped)
            {
                json.Append(CultureInfo.InvariantCulture, $",\"event_timestamp\":\"{RowStamp.Text(Stamp.Event)}\",\"created_timestamp\":\"{RowStamp.Text(Stamp.Created)}\"");
            }

            if (TtlSeconds is { } ttl)
            {
                json.Append(CultureInfo.InvariantCulture, $",\"ttl_seconds\":{ttl}");
            }

            if (Kind != RowKind.Delete)
            {
                json.Append(CultureInfo.InvariantCulture, $",\"features\":{FeaturesJson}");
            }
            else if (Features.Length > 0)
            {
                json.Append(CultureInfo.InvariantCulture, $",\"features\":[\"{string.Join("\",\"", Features)}\"]");
            }

            return json.Append('}').ToString();
        }
    }

    /// <summary>The target of the row as a request of its own.</summary>
    public string Target
    {
        get
        {
            var target = $"/features/{Entity}?view={View}";
            if (IsStamped)
            {
                target += $"&event_timestamp={RowStamp.Text(Stamp.Event)}&created_timestamp={RowStamp.Text(Stamp.Created)}";
            }

            return Kind == RowKind.Delete
                ? Features.Length > 0 ? $"{target}&feature={string.Join(',', Features)}" : target
                : TtlSeconds is { } ttl ? string.Create(CultureInfo.InvariantCulture, $"{target}&ttl_seconds={ttl}") : target;
        }
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"#{Id} {Kind} [{string.Join(' ', Features)}] event {RowStamp.Text(Stamp.Event)} created {RowStamp.Text(Stamp.Created)} ttl {TtlSeconds?.ToString(CultureInfo.InvariantCulture) ?? "-"}");
}
