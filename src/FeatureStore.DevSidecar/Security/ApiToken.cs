using System.Security.Cryptography;
using System.Text;

namespace FeatureStore.DevSidecar.Security;

/// <summary>The token that callers of the API must send, if there is one.</summary>
internal sealed class ApiToken(string? token)
{
    public const string Header = "dapr-api-token";

    private readonly byte[] _token = Encoding.UTF8.GetBytes(token ?? "");

    public bool IsRequired => _token.Length > 0;

    public bool Matches(string? sent) =>
        !IsRequired || (sent is not null && CryptographicOperations.FixedTimeEquals(_token, Encoding.UTF8.GetBytes(sent)));
}
