using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace FeatureStore.Hosting.Access;

/// <summary>Who may call the service. With neither a token nor keys everybody may, so it then listens on loopback unless told.</summary>
internal sealed class AccessOptions
{
    private const int HashBytes = SHA256.HashSizeInBytes;

    private readonly byte[]? _appToken;
    private readonly (byte[] Hash, ApiKey Key)[] _keys;

    private AccessOptions(string? appToken, (byte[] Hash, ApiKey Key)[] keys)
    {
        _appToken = appToken is null ? null : Hash(appToken);
        _keys = keys;
    }

    /// <summary>Whether callers have to show anything.</summary>
    public bool IsOpen => _appToken is null && _keys.Length == 0;

    /// <summary>Reads the token that the sidecar sends, as Dapr itself names it, and section <c>Access:ApiKeys</c>.</summary>
    public static AccessOptions Read(IConfiguration configuration)
    {
        var appToken = configuration["APP_API_TOKEN"] is { Length: > 0 } token ? token : null;
        var keys = configuration.GetSection("Access:ApiKeys").Get<ApiKey[]>() ?? [];
        var faults = keys.SelectMany((key, i) => Faults(key, $"Access:ApiKeys:{i}")).ToList();
        if (keys.Length > 0 && appToken is null)
        {
            // Without it anybody could pass for the sidecar that delivers events.
            faults.Add("Access:ApiKeys needs APP_API_TOKEN too, set alike for the service and its sidecar.");
        }

        faults.AddRange(keys.GroupBy(key => key.Name, StringComparer.Ordinal).Where(same => same.Key.Length > 0 && same.Count() > 1)
            .Select(same => $"Access:ApiKeys: the name '{same.Key}' stands {same.Count()} times."));
        return faults.Count == 0
            ? new AccessOptions(appToken, [.. keys.Select(key => (Convert.FromHexString(key.Sha256), key))])
            : throw new InvalidOperationException(string.Join(Environment.NewLine, faults));
    }

    /// <summary>Whether it is the token that the service's own sidecar was given.</summary>
    public bool IsAppToken(string? token) =>
        _appToken is not null && !string.IsNullOrEmpty(token) && CryptographicOperations.FixedTimeEquals(Hash(token), _appToken);

    /// <summary>The key that a caller shows, if it is known. Every known key is compared, in constant time.</summary>
    public ApiKey? Find(string? given)
    {
        if (string.IsNullOrEmpty(given))
        {
            return null;
        }

        var hash = Hash(given);
        ApiKey? found = null;
        foreach (var (known, key) in _keys)
        {
            found = CryptographicOperations.FixedTimeEquals(hash, known) ? key : found;
        }

        return found;
    }

    private static IEnumerable<string> Faults(ApiKey key, string place)
    {
        if (key.Name.Length == 0)
        {
            yield return $"{place}: Name is missing.";
        }

        if (key.Sha256.Length != 2 * HashBytes || !key.Sha256.All(char.IsAsciiHexDigit))
        {
            yield return $"{place}: Sha256 must be the {2 * HashBytes} hexadecimal digits that `featurestore api-key` prints.";
        }

        if (key.Rights.Length == 0 || key.Rights.Any(right => right is not (Right.Read or Right.Write)))
        {
            yield return $"{place}: Rights must name Read, Write or both.";
        }
    }

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
